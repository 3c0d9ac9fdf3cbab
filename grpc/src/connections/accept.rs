//! Takes connections, so many in all and of one address. One too many is closed at once: it costs a
//! file for a moment, and those that are there go on.

use super::link::Link;
use super::tls::Tls;
use crate::limits;
use access::places::Places;
use futures::{Stream, StreamExt};
use std::io;
use tokio::net::TcpListener;
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
    let places = Places::of(limits::CONNECTIONS, limits::CONNECTIONS_PER_ADDRESS);
    sockets.filter_map(move |socket| {
        let link = socket.and_then(|socket| {
            let peer = socket.peer_addr()?;
            let place = places.take(peer.ip());
            Ok(place.map(|place| Link::new(socket, peer, place, tls.as_ref())))
        });
        std::future::ready(link.transpose())
    })
}
