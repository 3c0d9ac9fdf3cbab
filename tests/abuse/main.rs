//! Whoever means harm from outside: the server refuses in bounds, its memory stays bounded, and others
//! are served meanwhile. Each attack is on a server of its own, as a process.
//!
//! | file | attacks with |
//! |---|---|
//! | `connections.rs` | 10,000 idle connections, and connections that never begin |
//! | `frames.rs` | stream floods, header floods, rapid resets |
//! | `messages.rs` | 100 MB in one message, compression bombs, bodies that trickle, many messages in part |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what must hold by panicking, and print what they measured"
)]

#[path = "../common/mod.rs"]
mod common;

mod connections;
mod frames;
mod messages;

use common::client::{self, Channel};
use common::server::{Server, run_well};
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};

/// Memory that an attack may cost: no attack comes near what it sends.
const BOUND: u64 = 200 << 20;

/// A server, somebody who is served by it, and its memory before the attack.
struct Victim {
    server: Server,
    served: Channel,
    before: u64,
    folder: TempDir,
}

impl Victim {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data")).await;
        let served = server.channel().await;
        client::head(&served).await;
        let before = memory(server.id());
        Self { server, served, before, folder }
    }

    fn address(&self) -> SocketAddr {
        self.server.url().trim_start_matches("http://").parse().unwrap()
    }

    /// The header of a key of some CFA, which the server knows by now.
    fn key_of_a_cfa(&self) -> String {
        let data = self.folder.path().join("data");
        let data = data.to_str().unwrap();
        let options =
            ["--role", "cfa.depot", "--cfa", "0751234J/13002526500013", "--source", "erp"];
        let made = ["key", "create", "--data", data, "--name", "a CFA"];
        let key = run_well(&[&made[..], &options].concat());
        std::thread::sleep(2 * access::limits::LOOK_EVERY);
        format!("Bearer {}", key.trim())
    }

    /// Others are served: who was there, and who comes now.
    async fn serves(&self) {
        client::head(&self.served).await;
        client::head(&self.server.channel().await).await;
    }

    /// What the attack cost is bounded, and the server goes on.
    async fn must_stand(self, attack: &str) {
        self.serves().await;
        let grown = memory(self.server.id()).saturating_sub(self.before);
        println!("{attack}: {} KiB of memory", grown >> 10);
        assert!(grown < BOUND, "{attack}: {} MiB", grown >> 20);
        assert!(self.server.stop().success(), "{attack}: it does not stop");
    }
}

/// The most memory that a process has held.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// A connection from an address of this machine.
async fn connect_from(from: [u8; 4], to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}
