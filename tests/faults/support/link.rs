//! A network of two: a server in a namespace of its own, joined to the rest of
//! the machine by one cable that can be pulled out.

use super::tools;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};

/// One network for each link of this process.
static LINKS: AtomicU8 = AtomicU8::new(0);

/// The cable. Dropped, it is removed with its namespace.
#[derive(Debug)]
pub struct Link {
    namespace: String,
    /// The end of the cable in the namespace.
    inner: String,
    /// Where a server in the namespace listens.
    pub address: String,
}

impl Link {
    /// A namespace, and a cable to it that works.
    pub fn new() -> Self {
        let (process, number) = (std::process::id(), LINKS.fetch_add(1, Ordering::Relaxed));
        let namespace = format!("registre-{process}-{number}");
        let added = tools::output("ip", &["netns", "add", &namespace]);
        assert!(
            added.status.success(),
            "a network namespace cannot be made: {}; run the faults as root with CAP_SYS_ADMIN \
             and CAP_NET_ADMIN (in a container: --privileged)",
            String::from_utf8_lossy(&added.stderr)
        );
        // 198.18.0.0/15 is kept for tests of networks (RFC 2544): 32,768 networks of four addresses.
        let network = 4 * ((process * 256 + u32::from(number)) % 32_768);
        let host = |host: u32| Ipv4Addr::from(0xC612_0000 + network + host);
        let (outer, inner) = (format!("rf{process}o{number}"), format!("rf{process}i{number}"));
        let (here, address) = (format!("{}/30", host(1)), host(2).to_string());
        let there = format!("{address}/30");
        let link = Self { namespace, inner, address };
        let (namespace, inner) = (link.namespace.as_str(), link.inner.as_str());
        let ip = |words: &[&str]| tools::need("ip", words);
        ip(&["link", "add", &outer, "type", "veth", "peer", "name", inner, "netns", namespace]);
        ip(&["address", "add", &here, "dev", &outer]);
        ip(&["-n", namespace, "address", "add", &there, "dev", inner]);
        ip(&["link", "set", &outer, "up"]);
        ip(&["-n", namespace, "link", "set", "lo", "up"]);
        link.plug_in();
        link
    }

    /// The command that a program of the namespace is started under.
    pub fn wrapper(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.namespace]
    }

    /// Pulls the cable out: nothing passes, and nobody is told.
    pub fn pull_out(&self) {
        self.set("down");
    }

    /// Plugs it in again.
    pub fn plug_in(&self) {
        self.set("up");
    }

    fn set(&self, state: &str) {
        tools::need("ip", &["-n", &self.namespace, "link", "set", &self.inner, state]);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Its end here goes with it.
        tools::need("ip", &["netns", "delete", &self.namespace]);
    }
}
