//! A disk that is full: writes are refused as such, reads go on, and writes do
//! again as soon as there is room, without a restart. So do the views.
//!
//! The real server runs on a small tmpfs. Its first segment was made small, so
//! that room ends in three ways: there is none for the views, whose log still has the
//! rest of its segment; none for a new key; or none for the next segment of 64 MiB.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::common::views::Views;
use crate::counts;
use crate::support::fault::Fault;
use crate::support::script;
use crate::support::tmpfs::Tmpfs;
use proto::v1::{ComputeHeadcountRequest, Dossier, RunExtent, TimeQuery};
use std::path::Path;
use std::time::{Duration, Instant};
use tonic::{Code, Status};

const MIB: u64 = 1024 * 1024;
/// Bytes of the first segment when room for the next one ends: some eighty learners, or twice as
/// many telephones.
const SEGMENT: u64 = 256 * 1024;
/// The same when room for keys ends: so many that it never is at its end before, however long the
/// views take to find no room.
const SEGMENT_FOR_KEYS: u64 = 2 * MIB;
/// Pages that are left, fewer than these, when room for keys ends, or for the views.
const PAGES: u64 = 24;
/// Bytes that are left when room for a segment ends.
const ENOUGH_FOR_KEYS: u64 = 2 * MIB;
/// Pushes until one must have been refused.
const PUSHES: usize = 400;
/// What the server says when its views found no room.
const WAITING: &str = "the views wait for room on the disk";
/// How long what waits on a full disk may take to go on.
const GOES_ON_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn disk_full() {
    Fault::each(counts::DISK_FULL, "pushes refused for want of room", one_run).await;
}

async fn one_run(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let size = (8 + random.below(57)) * MIB;
    let disk = Tmpfs::mount(&data, size);
    let keys = random.below(2) == 0;
    begin(&data, if keys { SEGMENT_FOR_KEYS } else { SEGMENT }).await;
    let mut server = Server::start(&data).await;
    let mut channel = server.channel().await;
    let mut sender = Sender::new(&mut random, keys);
    for _ in 0..3 {
        sender.push(&mut random, &channel).await.unwrap();
    }
    views_wait_for_room(&mut random, &mut sender, &channel, &disk, &data).await;
    let left = if keys { 4096 * random.below(PAGES) } else { ENOUGH_FOR_KEYS };
    disk.fill(left);
    let refused = sender.push_until_refused(&mut random, &channel).await;
    assert_eq!(refused.code(), Code::ResourceExhausted, "{left} bytes left: {refused:?}");
    let said = server::said_by(&data).unwrap();
    let target = if keys { "no room for new keys" } else { "no space for the next segment" };
    assert!(said.contains(target), "room ended elsewhere: {said}");
    fault.hit(1);
    // Reads go on.
    let log = History::read(&channel).await;
    fault.compare(&log, &sender.told);
    log.must_be_the_head(&channel).await;
    count(&channel, 0).await.unwrap();
    let again = sender.send_last_again(&channel).await;
    assert_eq!(again.unwrap_err().code(), Code::ResourceExhausted);
    if random.below(4) == 0 {
        // A start on a full disk serves, or says why it does not.
        server.kill_nine();
        server = match Server::try_start(&data).await {
            Ok(server) => server,
            Err(said) => {
                assert!(said.contains("No space left"), "it does not say why: {said}");
                disk.free();
                disk.fill(MIB);
                Server::start(&data).await
            }
        };
        channel = server.channel().await;
        let log = History::read(&channel).await;
        fault.compare(&log, &sender.told);
    }
    disk.free();
    disk.resize(size + 200 * MIB);
    go_on(fault, &mut random, &mut sender, &channel).await;
    views_must_follow(&channel).await;
    assert!(server.stop().success());
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
    let followed = Views::read(&data.join("views")).await;
    server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);
    followed.must_equal(&Views::read(&data.join("views")).await);
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    let log = History::read(&channel).await;
    fault.compare(&log, &sender.told);
    fault.acknowledged(sender.told.len());
    assert!(server.stop().success());
    drop(disk);
}

/// With a few pages left, what is told of somebody who has a key is written all the same, until
/// one of the views cannot take it: they answer from before, and with room again a question that
/// waits for it is answered.
async fn views_wait_for_room(
    random: &mut Random,
    sender: &mut Sender,
    channel: &Channel,
    disk: &Tmpfs,
    data: &Path,
) {
    disk.fill(4096 * random.below(PAGES));
    let wait = || server::said_by(data).unwrap().contains(WAITING);
    let begin = Instant::now();
    let mut head = 0;
    while !wait() {
        sender.push_again(random, channel).await.unwrap();
        head = client::head(channel).await.position;
        // They take it, which takes room, or wait.
        while !wait() && count(channel, 0).await.unwrap() < head {
            assert!(begin.elapsed() < GOES_ON_WITHIN, "the views neither go on nor wait");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let reached = count(channel, 0).await.unwrap();
    assert!(reached < head, "there was no room, and yet {head} is reflected");
    disk.free();
    views_must_follow(channel).await;
}

/// A folder whose first segment is small.
async fn begin(data: &Path, segment: u64) {
    let data = data.to_owned();
    let begun = tokio::task::spawn_blocking(move || script::open(&data, segment).map(drop));
    begun.await.unwrap().unwrap();
}

/// The refused request is written now, and so are others.
async fn go_on(fault: &mut Fault, random: &mut Random, sender: &mut Sender, channel: &Channel) {
    let begin = Instant::now();
    while let Err(status) = sender.send_last_again(channel).await {
        assert!(begin.elapsed() < GOES_ON_WITHIN, "there is room, and yet: {status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..5 {
        sender.push(random, channel).await.unwrap();
    }
    let log = History::read(channel).await;
    fault.compare(&log, &sender.told);
    log.must_be_the_head(channel).await;
}

/// A question that waits for the newest event is answered: the views follow the log.
async fn views_must_follow(channel: &Channel) {
    let head = client::head(channel).await.position;
    let begin = Instant::now();
    while let Err(status) = count(channel, head).await {
        // On a busy machine a question may have no more patience.
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        assert!(begin.elapsed() < GOES_ON_WITHIN, "views stay behind: {status:?}");
    }
}

/// Asks for a head-count at a position or later, and gives the position that it reflects.
async fn count(channel: &Channel, min_position: u64) -> Result<u64, Status> {
    let time = TimeQuery { min_position, ..Default::default() };
    let request = ComputeHeadcountRequest { time: Some(time), ..Default::default() };
    let answer = client::dashboard(channel).compute_headcount(request).await?.into_inner();
    Ok(answer.basis.unwrap().position)
}

/// A source that pushes one learner at a time: new ones, who need keys, or one
/// whose telephone changes, who needs none.
struct Sender {
    known: Option<Dossier>,
    last: Option<Dossier>,
    runs: Vec<Run>,
    told: Vec<Entry>,
}

impl Sender {
    fn new(random: &mut Random, keys: bool) -> Self {
        let known = (!keys).then(|| rows::learner(random, 0));
        Self { known, last: None, runs: Vec::new(), told: Vec::new() }
    }

    async fn push(&mut self, random: &mut Random, channel: &Channel) -> Result<(), Status> {
        let learner = self.known.clone();
        let learner = learner.unwrap_or_else(|| rows::learner(random, self.runs.len()));
        self.tell(random, channel, learner).await
    }

    /// Pushes the last learner, whose telephone has changed.
    async fn push_again(&mut self, random: &mut Random, channel: &Channel) -> Result<(), Status> {
        let learner = self.last.clone().unwrap();
        self.tell(random, channel, learner).await
    }

    async fn tell(
        &mut self,
        random: &mut Random,
        channel: &Channel,
        mut learner: Dossier,
    ) -> Result<(), Status> {
        learner.tel_apprenant = Some(rows::phone(random));
        self.last = Some(learner.clone());
        let day = chrono::NaiveDate::from_ymd_opt(2024, 10, 1).unwrap();
        let at = format!("{}T03:00:00Z", day + chrono::Days::new(self.runs.len() as u64));
        self.runs.push(Run::new(random, "full", RunExtent::Partial, &at, [learner]));
        self.send_last_again(channel).await
    }

    async fn send_last_again(&mut self, channel: &Channel) -> Result<(), Status> {
        let part = self.runs.last().unwrap().parts(1).pop().unwrap();
        let answers = client::push_part(channel, part).await?.answers;
        let told = history::acknowledged(&answers);
        assert!(!told.is_empty(), "nothing was written: {answers:?}");
        self.told.extend(told);
        Ok(())
    }

    async fn push_until_refused(&mut self, random: &mut Random, channel: &Channel) -> Status {
        for _ in 0..PUSHES {
            if let Err(status) = self.push(random, channel).await {
                return status;
            }
        }
        panic!("no push was refused on a full disk");
    }
}
