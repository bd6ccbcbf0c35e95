internal import Networking
internal import Settings

extension TransferRates {
    /// Takes over what the settings say; what is on its way goes on by it.
    func follow(_ values: SettingValues) {
        send.follow(values.sendSchedule)
        receive.follow(values.receiveSchedule)
    }
}
