//! What witnesses signed is kept, who did not sign is asked again, and nobody is waited for twice in vain.

use crate::support::{append, embedded, stream};
use domain::ids::Position;
use futures::executor::block_on;
use ledger::journal::Journal;
use ledger::notary::{Cosigner, Notary, NotaryError, Options, Prove, Signed};
use ledger::record::Expected;
use seal::cosignature::cosign;
use seal::{Hash, Kind, Note, SignerKey, VerifierKey, verify_consistency};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// A witness in this process.
#[derive(Debug)]
struct Witness {
    key: SignerKey,
    up: AtomicBool,
    asked: AtomicUsize,
    known: Mutex<(u64, Hash)>,
}

impl Witness {
    fn new(number: u8) -> Arc<Self> {
        let key = SignerKey::new(&format!("witness/{number}"), Kind::Cosignature, &[number; 32]);
        Arc::new(Self {
            key: key.unwrap(),
            up: AtomicBool::new(true),
            asked: AtomicUsize::new(0),
            known: Mutex::new((0, seal::empty_root())),
        })
    }

    fn name(&self) -> String {
        self.key.public().name().to_owned()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn set(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
    }
}

#[derive(Debug)]
struct Asked(Arc<Witness>);

impl Cosigner for Asked {
    fn key(&self) -> &VerifierKey {
        self.0.key.public()
    }

    fn cosign(&self, signed: &Signed, prove: Prove<'_>, _: Duration) -> io::Result<String> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        if !self.0.up.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let mut known = self.0.known.lock().unwrap();
        let new = (signed.checkpoint.size, signed.checkpoint.root);
        let proof = prove(known.0).unwrap();
        verify_consistency((known.0, &known.1), (new.0, &new.1), &proof).unwrap();
        *known = new;
        let mut note = Note::parse(signed.text.as_bytes()).unwrap();
        cosign(&mut note, &self.0.key, 1_790_000_000);
        Ok(note.signatures.last().unwrap().to_string())
    }
}

struct Log {
    folder: TempDir,
    journal: Arc<dyn Journal>,
    next: AtomicUsize,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = embedded(&folder.path().join("data/log"));
        Self { folder, journal, next: AtomicUsize::new(0) }
    }

    fn apart(&self) -> PathBuf {
        self.folder.path().join("apart")
    }

    fn options(&self, witnesses: Vec<Arc<dyn Cosigner>>) -> Options {
        let options = Options::new(&self.folder.path().join("data"), &self.apart());
        // However busy the machine is, whoever answers is waited for.
        Options { witnesses, prompt: Duration::from_secs(3_600), ..options }
    }

    fn open(&self, witnesses: Vec<Arc<dyn Cosigner>>) -> Result<Notary, NotaryError> {
        Notary::open(Arc::clone(&self.journal), &self.options(witnesses))
    }

    fn notary(&self, witnesses: &[&Arc<Witness>]) -> Notary {
        let asked = witnesses.iter().map(|witness| Arc::new(Asked(Arc::clone(witness))) as _);
        self.open(asked.collect()).unwrap()
    }

    /// One more event.
    async fn push(&self) -> Position {
        let number = self.next.fetch_add(1, Ordering::SeqCst) as u64;
        let request = append(stream(1), Expected::Any, number, 1);
        self.journal.append(request).await.unwrap().lines[0].position
    }
}

/// Who signed the proof of an event, which must hold.
fn signers(notary: &Notary, position: Position) -> Vec<String> {
    let (proof, signed) = notary.prove(position).unwrap();
    let note = Note::parse(proof.checkpoint.as_bytes()).unwrap();
    note.verify(notary.log()).unwrap();
    let names = note.signatures.iter().map(|line| line.name.clone());
    let mut names: Vec<String> = names.filter(|name| name != notary.log().name()).collect();
    let mut told = signed.witnesses();
    names.sort();
    told.sort();
    assert_eq!(names, told);
    names
}

#[tokio::test]
async fn each_receipt_of_a_steady_stream_is_cosigned_by_all_who_answer() {
    let (log, one, two) = (Log::new(), Witness::new(1), Witness::new(2));
    let notary = log.notary(&[&one, &two]);
    notary.cosign(true).unwrap();
    for _ in 0..20 {
        let position = log.push().await;
        assert_eq!(signers(&notary, position), [one.name(), two.name()]);
        assert_eq!(notary.newest().cosigned.len(), 2);
    }
    let asked = one.asked();
    // What is covered is not asked again, neither is what is signed meanwhile waited for.
    log.push().await;
    notary.sign().unwrap();
    assert_eq!(signers(&notary, Position(7)), [one.name(), two.name()]);
    assert_eq!(one.asked(), asked);
    assert_eq!(notary.published().checkpoint.size, 20, "the one that all signed");
    assert!(!notary.cosign(false).unwrap());
    assert_eq!((notary.published(), notary.newest().checkpoint.size), (notary.newest(), 21));
}

#[tokio::test]
async fn one_who_does_not_answer_is_asked_again_and_not_waited_for() {
    let (log, one, two) = (Log::new(), Witness::new(1), Witness::new(2));
    let notary = log.notary(&[&one, &two]);
    log.push().await;
    notary.sign().unwrap();
    notary.cosign(true).unwrap();
    two.set(false);
    let second = log.push().await;
    assert_eq!(signers(&notary, second), [one.name()]);
    assert_eq!(signers(&notary, Position(1)), [one.name(), two.name()], "an older one is better");
    let asked = two.asked();
    for _ in 0..5 {
        let position = log.push().await;
        assert_eq!(signers(&notary, position), [one.name()]);
    }
    assert_eq!(two.asked(), asked, "it was waited for again");
    assert!(notary.cosign(true).unwrap());
    assert_eq!(two.asked(), asked + 1);
    // Nothing is pushed any more: it is asked all the same, and then waited for again.
    two.set(true);
    assert!(!notary.cosign(true).unwrap());
    assert_eq!(signers(&notary, second), [one.name(), two.name()]);
    assert_eq!(notary.newest().cosigned.len(), 2);
    let position = log.push().await;
    assert_eq!(signers(&notary, position), [one.name(), two.name()]);
}

#[tokio::test]
async fn one_who_signs_late_is_asked_about_each_checkpoint_and_not_waited_for() {
    let (log, one) = (Log::new(), Witness::new(1));
    let asked: Arc<dyn Cosigner> = Arc::new(Asked(Arc::clone(&one)));
    // Nobody is as quick as that.
    let options = Options { prompt: Duration::ZERO, ..log.options(vec![asked]) };
    let notary = Notary::open(Arc::clone(&log.journal), &options).unwrap();
    for number in 1..=3 {
        let position = log.push().await;
        assert_eq!(signers(&notary, position), [""; 0]);
        assert_eq!(one.asked(), number - 1, "it is waited for");
        assert!(!notary.cosign(true).unwrap(), "it signed");
        assert_eq!((one.asked(), signers(&notary, position)), (number, vec![one.name()]));
    }
}

#[tokio::test]
async fn what_was_cosigned_outlives_a_restart_without_witnesses() {
    let (log, one) = (Log::new(), Witness::new(1));
    let notary = log.notary(&[&one]);
    for _ in 0..3 {
        log.push().await;
    }
    notary.sign().unwrap();
    notary.cosign(true).unwrap();
    one.set(false);
    let late = log.push().await;
    assert!(signers(&notary, late).is_empty());
    let path = log.apart().join("cosigned");
    let right = std::fs::read_to_string(&path).unwrap();
    assert_eq!(notary.cosigned().unwrap().text.as_ref(), right);
    drop(notary);
    let notary = log.notary(&[&one]);
    assert_eq!(notary.cosigned().unwrap().text.as_ref(), right);
    assert_eq!((signers(&notary, Position(3)), signers(&notary, late)), (vec![one.name()], vec![]));
    drop(notary);
    // One that cannot be read is asked for again.
    std::fs::write(&path, &right[..right.len() / 2]).unwrap();
    one.set(true);
    let notary = log.notary(&[&one]);
    assert_eq!(notary.cosigned(), None);
    notary.cosign(true).unwrap();
    assert_eq!(signers(&notary, late), [one.name()]);
}

#[tokio::test]
async fn an_older_checkpoint_put_back_beside_the_cosigned_one_hides_nothing() {
    let (log, one) = (Log::new(), Witness::new(1));
    let notary = log.notary(&[&one]);
    let path = log.apart().join("checkpoint");
    let old = std::fs::read(&path).unwrap();
    for _ in 0..3 {
        log.push().await;
    }
    notary.sign().unwrap();
    notary.cosign(true).unwrap();
    drop(notary);
    std::fs::write(&path, old).unwrap();
    assert_eq!(log.open(Vec::new()).unwrap().newest().checkpoint.size, 3);
    let journal = embedded(&log.folder.path().join("other/log"));
    std::fs::remove_file(log.folder.path().join("data/log/name")).unwrap();
    let options = Options::new(&log.folder.path().join("data"), &log.apart());
    let refused = Notary::open(journal, &options).unwrap_err();
    assert!(matches!(refused, NotaryError::Shorter { signed: 3, found: 0 }), "{refused}");
}

/// A note with more lines: of somebody who is not asked, and of somebody who is, over another text.
fn with_forged_lines(note: &str, stranger: &Witness, asked: &Witness) -> String {
    let mut forged = Note::parse(note.as_bytes()).unwrap();
    cosign(&mut forged, &stranger.key, 1_790_000_000);
    let mut other = Note::new("registre/else\n1\nx\n".to_owned());
    cosign(&mut other, &asked.key, 1_790_000_000);
    forged.signatures.append(&mut other.signatures);
    forged.to_string()
}

#[tokio::test]
async fn a_signature_in_the_folder_apart_counts_only_when_it_is_right_and_of_a_witness() {
    let (log, one, two) = (Log::new(), Witness::new(1), Witness::new(2));
    let notary = log.notary(&[&one]);
    let first = log.push().await;
    let old = notary.sign().unwrap().text;
    let second = log.push().await;
    notary.sign().unwrap();
    notary.cosign(true).unwrap();
    drop(notary);
    let [checkpoint, cosigned] = ["checkpoint", "cosigned"].map(|name| log.apart().join(name));
    let right = std::fs::read_to_string(&cosigned).unwrap();
    let stranger = Witness::new(3);
    // An older one is not preferred, whoever is said to have signed it.
    std::fs::write(&cosigned, with_forged_lines(&old, &stranger, &two)).unwrap();
    let newest = std::fs::read_to_string(&checkpoint).unwrap();
    std::fs::write(&checkpoint, with_forged_lines(&newest, &stranger, &two)).unwrap();
    one.set(false);
    two.set(false);
    let notary = log.notary(&[&one, &two]);
    assert_eq!(signers(&notary, first), [""; 0]);
    assert_eq!((notary.cosigned(), notary.newest().cosigned), (None, Vec::new()));
    assert_eq!(notary.published().text.as_ref(), newest, "nobody's lines are given out");
    // What the file had beside the log's own signature is no reason not to sign.
    log.push().await;
    assert_eq!(notary.sign().unwrap().checkpoint.size, 3);
    drop(notary);
    // The right ones stay beside the others.
    std::fs::write(&cosigned, with_forged_lines(&right, &stranger, &two)).unwrap();
    let notary = log.notary(&[&one, &two]);
    assert_eq!(signers(&notary, second), [one.name()]);
    assert_eq!(notary.cosigned().unwrap().text.as_ref(), right);
    drop(notary);
    // Nobody is asked any more: nobody's signature can be judged.
    assert_eq!(signers(&log.notary(&[]), second), [""; 0]);
}

/// Signs once all others are being asked too.
#[derive(Debug)]
struct Together(Asked, Arc<(Mutex<usize>, Condvar)>);

impl Cosigner for Together {
    fn key(&self) -> &VerifierKey {
        self.0.key()
    }

    fn cosign(&self, signed: &Signed, prove: Prove<'_>, within: Duration) -> io::Result<String> {
        let (count, changed) = &*self.1;
        let mut here = count.lock().unwrap();
        *here += 1;
        changed.notify_all();
        let long = Duration::from_secs(60);
        let (_here, late) = changed.wait_timeout_while(here, long, |here| *here < 3).unwrap();
        assert!(!late.timed_out(), "they are asked one after the other");
        self.0.cosign(signed, prove, within)
    }
}

#[tokio::test]
async fn all_are_asked_at_once() {
    let (log, witnesses) = (Log::new(), [1, 2, 3].map(Witness::new));
    let here = Arc::new((Mutex::new(0), Condvar::new()));
    let asked = witnesses.iter().map(|witness| {
        let together = Together(Asked(Arc::clone(witness)), Arc::clone(&here));
        Arc::new(together) as Arc<dyn Cosigner>
    });
    let notary = log.open(asked.collect()).unwrap();
    let position = log.push().await;
    assert!(!notary.cosign(true).unwrap());
    assert_eq!(signers(&notary, position).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_one_round_take_what_comes_of_it() {
    let (log, one) = (Log::new(), Witness::new(1));
    let notary = Arc::new(log.notary(&[&one]));
    notary.cosign(true).unwrap();
    let mut positions = Vec::new();
    for _ in 0..50 {
        positions.push(log.push().await);
    }
    let before = one.asked();
    let proving = positions.into_iter().map(|position| {
        let notary = Arc::clone(&notary);
        tokio::task::spawn_blocking(move || signers(&notary, position))
    });
    for proving in proving.collect::<Vec<_>>() {
        assert_eq!(proving.await.unwrap(), [one.name()]);
    }
    assert_eq!(one.asked(), before + 1, "one tree has them all");
}

/// Says that it is asked, and signs once it may: as long as the other end is there.
#[derive(Debug)]
struct Held(Asked, Mutex<(Sender<()>, Receiver<()>)>);

impl Held {
    fn of(witness: &Arc<Witness>) -> (Arc<dyn Cosigner>, Receiver<()>, Sender<()>) {
        let ((tell, asked), (release, may)) = (channel(), channel());
        (Arc::new(Self(Asked(Arc::clone(witness)), Mutex::new((tell, may)))), asked, release)
    }
}

impl Cosigner for Held {
    fn key(&self) -> &VerifierKey {
        self.0.key()
    }

    fn cosign(&self, signed: &Signed, prove: Prove<'_>, within: Duration) -> io::Result<String> {
        let (tell, may) = &*self.1.lock().unwrap();
        if tell.send(()).is_ok() {
            may.recv().ok();
        }
        self.0.cosign(signed, prove, within)
    }
}

fn published(notary: &Notary) -> u64 {
    notary.published().checkpoint.size
}

#[tokio::test]
async fn what_is_published_never_goes_back_when_a_witness_is_waited_for_again() {
    let (log, one) = (Log::new(), Witness::new(1));
    let (held, asked, release) = Held::of(&one);
    let notary = log.open(vec![held]).unwrap();
    release.send(()).unwrap();
    notary.cosign(true).unwrap();
    one.set(false);
    asked.recv().unwrap();
    log.push().await;
    release.send(()).unwrap();
    notary.sign().unwrap();
    notary.cosign(false).unwrap();
    asked.recv().unwrap();
    assert_eq!((published(&notary), one.asked()), (1, 2), "it did not answer");
    // It is asked, in time, about a tree that is older than the newest once it has signed.
    one.set(true);
    let next = log.push().await;
    assert_eq!(notary.sign().unwrap().checkpoint.size, next.0);
    let meanwhile = std::thread::scope(|scope| {
        scope.spawn(|| notary.cosign(true).unwrap());
        asked.recv().unwrap();
        block_on(log.push());
        notary.sign().unwrap();
        let meanwhile = published(&notary);
        release.send(()).unwrap();
        meanwhile
    });
    let cosigned = notary.cosigned().unwrap().checkpoint.size;
    assert_eq!((meanwhile, cosigned, published(&notary)), (3, 2, 3), "it was published already");
    release.send(()).unwrap();
    notary.cosign(true).unwrap();
    assert_eq!(notary.published(), notary.cosigned().unwrap());
    assert_eq!(published(&notary), 3);
}

#[tokio::test]
async fn what_is_published_does_not_go_back_by_a_restart() {
    let (log, one, two) = (Log::new(), Witness::new(1), Witness::new(2));
    let notary = log.notary(&[&one]);
    log.push().await;
    notary.sign().unwrap();
    notary.cosign(true).unwrap();
    one.set(false);
    log.push().await;
    notary.sign().unwrap();
    notary.cosign(true).unwrap();
    assert_eq!(published(&notary), 2, "the witness does not answer: it is not waited for");
    drop(notary);
    one.set(true);
    let (held, asked, release) = Held::of(&two);
    let notary = log.open(vec![Arc::new(Asked(Arc::clone(&one))), held]).unwrap();
    let given: Vec<u64> = std::thread::scope(|scope| {
        scope.spawn(|| notary.cosign(true).unwrap());
        asked.recv().unwrap();
        // The first one has signed, and its line is added once all have answered.
        let given = (0..100).map(|_| {
            std::thread::sleep(Duration::from_millis(2));
            published(&notary)
        });
        let given = given.collect();
        release.send(()).unwrap();
        given
    });
    assert_eq!(given, [2; 100]);
    assert_eq!(notary.published().cosigned.len(), 2);
}
