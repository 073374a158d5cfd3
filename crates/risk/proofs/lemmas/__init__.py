"""All lemmas, by the part of the arithmetic that they are about."""

from lemmas import closing, digits, impact, limits, liquidation, pool, refresh, trading

ALL = (
    *digits.LEMMAS,
    *refresh.LEMMAS,
    *liquidation.LEMMAS,
    *trading.LEMMAS,
    *closing.LEMMAS,
    *pool.LEMMAS,
    *impact.LEMMAS,
    *limits.LEMMAS,
)
