"""All lemmas, by the part of the arithmetic that they are about."""

from lemmas import closing, impact, limits, liquidation, pool, refresh, trading

ALL = (
    *refresh.LEMMAS,
    *liquidation.LEMMAS,
    *trading.LEMMAS,
    *closing.LEMMAS,
    *pool.LEMMAS,
    *impact.LEMMAS,
    *limits.LEMMAS,
)
