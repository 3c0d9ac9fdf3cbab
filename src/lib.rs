//! The front door of Registre: what the `registre` command is made of.
//!
//! | module | holds |
//! |---|---|
//! | [`commands`] | one file a subcommand: its options, its help, what it prints |
//! | [`files`] | dossiers from JSON and CSV |
//! | [`generator`] | a synthetic population and its nightly pushes |
//! | [`remote`] | what commands that ask a server share |
//! | [`wiring`] | the rooms joined: one data folder, open |
//! | [`console`] | today's date, lines and tables on the terminal |

pub mod commands;
pub mod console;
pub mod files;
pub mod generator;
pub mod remote;
pub mod wiring;
