//! The real program, from outside: started, spoken to, killed, read back.
//!
//! | module | holds |
//! |---|---|
//! | [`server`] | the `registre` binary: `serve` as a process, other subcommands to their end |
//! | [`heard`] | what the programs say, kept to be searched |
//! | [`client`] | pushes and reads over gRPC, without any code of the program but `proto` |
//! | [`rows`] | made-up learners whose every value can be recognised |
//! | [`folder`] | copies of folders |
//! | [`forgotten`] | what is looked for once a person is erased |
//! | [`history`] | the whole log as a client sees it, and its root recomputed |
//! | [`terminal`] | the commands that somebody types at a server of its own folder |
//! | [`trace`] | what strace saw: journal writes, syncs, answers |
//! | [`http2`] | the frames of a connection, to know which bytes are an answer |
//! | [`inside`] | a server inside the test, whose clock can be set |
//! | [`views`] | the derived folder, to compare one with another |
//! | [`random`] | numbers from a seed that is printed |

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod client;
pub mod folder;
pub mod forgotten;
pub mod heard;
pub mod history;
pub mod http2;
pub mod inside;
pub mod random;
pub mod rows;
pub mod server;
pub mod terminal;
pub mod trace;
pub mod views;
