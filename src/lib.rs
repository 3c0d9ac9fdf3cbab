//! The front door of Registre: what the `registre` command is made of.
//!
//! | module | holds |
//! |---|---|
//! | [`generator`] | a synthetic population and its nightly pushes |

pub mod generator;
