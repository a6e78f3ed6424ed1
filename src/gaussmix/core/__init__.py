"""The nouns that every other room speaks: blocks, frames, statistics, mixtures, and the contracts between rooms."""
