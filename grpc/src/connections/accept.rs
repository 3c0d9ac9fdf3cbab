//! Takes connections, so many in all and of one address. One too many is closed at once: it costs a
//! file for a moment, and those that are there go on.

use super::link::Link;
use super::tls::Tls;
use crate::limits;
use access::rates::subscriber;
use futures::{Stream, StreamExt};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::server::TcpIncoming;

/// The connections of a listener, each with its place.
pub(crate) fn accepted(
    listener: TcpListener,
    tls: Option<Tls>,
) -> impl Stream<Item = io::Result<Link>> {
    // A bare listener stream would ignore the builder's `tcp_nodelay`, and a
    // small answer would wait 40 ms for the acknowledgement of the one before.
    let sockets = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(limits::KEEP_ALIVE_EVERY));
    let places = Places::default();
    sockets.filter_map(move |socket| {
        let link = socket.and_then(|socket| {
            let place = places.take(&socket)?;
            Ok(place.map(|place| Link::new(socket, place, tls.as_ref())))
        });
        std::future::ready(link.transpose())
    })
}

/// The places that are taken, by address.
#[derive(Debug, Clone, Default)]
struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of_address: HashMap<IpAddr, usize>,
}

/// The place of a connection; dropped, it is free again.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    pub(super) peer: SocketAddr,
}

impl Places {
    /// A place for a connection; `None` when there is none left for its address.
    fn take(&self, socket: &TcpStream) -> io::Result<Option<Place>> {
        let peer = socket.peer_addr()?;
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = subscriber(peer.ip());
        let own = taken.of_address.get(&address).copied().unwrap_or_default();
        if taken.all >= limits::CONNECTIONS || own >= limits::CONNECTIONS_PER_ADDRESS {
            tracing::debug!(all = taken.all, own, "a connection too many is closed");
            return Ok(None);
        }
        taken.all += 1;
        *taken.of_address.entry(address).or_default() += 1;
        Ok(Some(Place { places: self.clone(), peer }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Entry::Occupied(mut own) = taken.of_address.entry(subscriber(self.peer.ip())) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }
}
