//! The commands that somebody types at a server of its own folder.

use super::server::{Server, run, run_well};
use std::process::Output;
use tempfile::TempDir;

/// The form of the examples: a public contract.
pub const FORM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/contrat.json");

/// The folder of whoever works at a server, where it is, and the key that its commands show.
#[derive(Debug)]
pub struct Terminal {
    folder: TempDir,
    url: String,
    key: String,
}

impl Terminal {
    /// Starts a server, whose data are in `data` of a folder of its own.
    pub async fn start() -> (Self, Server) {
        Self::start_in(tempfile::tempdir().unwrap(), &[]).await
    }

    /// The same with more options of `serve`, which name files of that folder.
    pub async fn start_in(folder: TempDir, options: &[&str]) -> (Self, Server) {
        let data = folder.path().join("data");
        let server = Server::start_with(&data, options).await;
        let (url, key) = (server.url(), data.join("access/local.key").display().to_string());
        (Self { folder, url, key }, server)
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A file of the folder with a text.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Where, and with which key.
    pub fn at(&self) -> [&str; 4] {
        ["--to", &self.url, "--key-file", &self.key]
    }

    /// A command at the server.
    pub fn run(&self, words: &[&str]) -> Output {
        run(&[words, &self.at()].concat())
    }

    /// One that must succeed.
    pub fn run_well(&self, words: &[&str]) -> String {
        run_well(&[words, &self.at()].concat())
    }

    /// `registre contract ACT … --actor agent-7`.
    pub fn try_act(&self, act: &str, rest: &[&str]) -> Output {
        self.run(&[&["contract", act], rest, &["--actor", "agent-7"]].concat())
    }

    /// One that must succeed.
    pub fn act(&self, act: &str, rest: &[&str]) -> String {
        self.run_well(&[&["contract", act], rest, &["--actor", "agent-7"]].concat())
    }

    /// The name of a contract that is begun.
    pub fn draft(&self, rest: &[&str]) -> String {
        self.act("draft", rest).split(' ').next().unwrap().to_owned()
    }
}
