//! A validator on this machine with the program, a market and prices that move.
