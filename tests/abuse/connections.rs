//! Many connections, and connections that never begin.

use crate::{Victim, connect_from};
use grpc::limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

/// Connections of the attack.
const MANY: usize = 10_000;

/// One attack of many files at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// Lets this process have as many files open; root may have more than it was given.
fn many_files() {
    let wanted = MANY as u64 + 1_000;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let maximum = maximum.map(|most| most.max(wanted));
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .expect("the attack needs 11,000 open files: ulimit -Hn");
}

/// Begins HTTP/2, and says nothing more.
async fn begin(mut socket: TcpStream) -> TcpStream {
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    // One that was refused may be closed already.
    let _ = socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let _ = socket.write_all(&settings).await;
    socket
}

/// Whether the server closed a connection; what it said before does not matter.
async fn is_closed(socket: &mut TcpStream) -> bool {
    let mut buffer = [0; 256];
    loop {
        match tokio::time::timeout(Duration::from_millis(200), socket.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return true,
            Ok(Ok(_)) => {}
            Err(_) => return false,
        }
    }
}

async fn count_open(sockets: &mut [TcpStream]) -> usize {
    let open = sockets.iter_mut().map(async |socket| usize::from(!is_closed(socket).await));
    futures::future::join_all(open).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_of_one_address_get_the_places_of_one_address() {
    let _turn = TURN.lock().await;
    many_files();
    let victim = Victim::new().await;
    let mut sockets = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        sockets.push(begin(connect_from([127, 0, 0, 2], victim.address()).await.unwrap()).await);
    }
    let open = count_open(&mut sockets).await;
    println!("{open} of {MANY} stay open");
    assert_eq!(open, limits::CONNECTIONS_PER_ADDRESS);
    victim.serves().await;
    drop(sockets);
    victim.must_stand("idle connections of one address").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_of_many_addresses_get_all_places_and_no_more() {
    let _turn = TURN.lock().await;
    many_files();
    let victim = Victim::new().await;
    let mut sockets = Vec::with_capacity(MANY);
    for n in 0..MANY {
        let from = [127, 0, 1, (n % 200) as u8 + 1];
        sockets.push(begin(connect_from(from, victim.address()).await.unwrap()).await);
    }
    let open = count_open(&mut sockets).await;
    println!("{open} of {MANY} stay open");
    // One place is that of who was there before.
    assert_eq!(open, limits::CONNECTIONS - 1);
    crate::client::head(&victim.served).await;
    drop(sockets);
    // Their places are free once the server has seen that they left.
    for _ in 0..100 {
        if is_let_in(&victim).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    victim.must_stand("idle connections of many addresses").await;
}

async fn is_let_in(victim: &Victim) -> bool {
    let mut socket = begin(TcpStream::connect(victim.address()).await.unwrap()).await;
    !is_closed(&mut socket).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_begin_is_cut_off_however_slowly_it_goes_on() {
    let victim = Victim::new().await;
    let silent = connect_from([127, 0, 0, 3], victim.address()).await.unwrap();
    let other = connect_from([127, 0, 0, 3], victim.address()).await.unwrap();
    let mut slow = connect_from([127, 0, 0, 3], victim.address()).await.unwrap();
    let trickling = async {
        for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".iter().cycle().take(23) {
            if slow.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(limits::OPENING_TIMEOUT / 20).await;
        }
        ended(slow).await;
    };
    tokio::join!(ended(silent), ended(other), trickling);
    victim.must_stand("slow openings").await;
}

/// Waits until the server closes a connection: well after it should have.
async fn ended(mut socket: TcpStream) {
    let reading = async {
        let mut buffer = [0; 64];
        while socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    };
    tokio::time::timeout(6 * limits::OPENING_TIMEOUT, reading).await.expect("it is never cut off");
}
