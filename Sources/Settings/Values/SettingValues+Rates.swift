package import Model

extension SettingValues {
    /// How much may be sent, by the time of day.
    package var sendSchedule: RateSchedule {
        schedule(self[NetworkSettings.sendLimit], self[NetworkSettings.sendTimetable])
    }

    /// How much may be taken in.
    package var receiveSchedule: RateSchedule {
        schedule(self[NetworkSettings.receiveLimit], self[NetworkSettings.receiveTimetable])
    }

    private func schedule(_ limit: Int, _ timetable: String) -> RateSchedule {
        // A limit below what can be kept is the least that can.
        let otherwise = limit == 0 ? nil : max(UInt64(limit), Limits.byteRateMin)
        // What is in the settings was read before.
        return (try? RateSchedule(timetable, otherwise: otherwise))
            ?? RateSchedule(otherwise: otherwise)
    }
}
