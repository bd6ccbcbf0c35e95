/// 256 words that sound unlike each other, sorted: one byte of a join code each. They never change
/// place.
enum JoinWords {
    static let all: [String] = text.split { $0 == " " || $0 == "\n" }.map(String.init)

    private static let text = """
        alpha amber anchor apple apron arrow atlas autumn badge baker bamboo banjo basil basket
        beacon beaver bishop bison bonfire border bottle boulder bracket bramble bridge bronze
        brook bucket buffalo butter cabin cactus camel canary candle canoe canyon captain caramel
        carbon cargo carpet castle cedar cello chalk cherry chestnut chimney cider cinder circle
        citrus clover cobalt cocoa comet compass copper coral cotton cradle crater cricket
        crimson crystal cypress daisy dancer delta denim desert diamond dolphin donkey dragon
        drummer eagle easel ebony echo elbow elder ember emerald engine falcon feather fennel
        fiddle finch flamingo flannel flint forest fossil fountain freckle frost galaxy garden
        garlic garnet gazelle geyser ginger glacier goblet granite gravel guitar hamlet hammer
        harbor harvest hazel helmet herald heron hickory honey horizon hornet hunter hyacinth
        iceberg indigo iris island ivory jacket jaguar jasmine jersey jigsaw jungle juniper kayak
        kernel kettle kingdom kiosk kitten ladder lagoon lantern laurel lava leather lemon lentil
        leopard lilac linen lizard lobster locket lotus lumber magnet mango maple marble meadow
        melon meteor mirror mosaic mountain mustard napkin nectar needle nickel nutmeg oasis
        ocean olive onion opal orbit orchid otter oyster paddle panda panther paper parrot peach
        pebble pepper piano pigeon pillow pilot pine planet plaza pocket poplar prairie pumpkin
        puppet puzzle quarry quartz quiver rabbit radish raisin ranger raven ribbon river robin
        rocket saddle saffron salmon sandal sapphire satin scarlet shadow silver spider spruce
        squirrel summit sunset tango teapot temple thistle thunder tiger timber tomato topaz
        trumpet tulip tundra turtle umbrella valley velvet vessel village violet walnut walrus
        willow window winter zebra
        """
}
