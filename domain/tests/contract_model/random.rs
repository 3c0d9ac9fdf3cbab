//! Random commands: mostly what moves the contract on, often what is wrong by one thing, sometimes anything.

use super::law;
use super::model::{Filled, Model};
use chrono::{Days, NaiveDate};
use domain::cerfa::Form;
use domain::cerfa::codes::ContractType;
use domain::cerfa::value::Cents;
use domain::contract::funding::Declared;
use domain::contract::rupture::{Completion, Initiator, Mode, Rupture};
use domain::contract::signing::{Evidence, Level, Party, Signer};
use domain::contract::{Attachment, AttachmentKind, Change, Command, DepositBody, Phase};
use domain::law::Previous;
use domain::law::practice::Calendar;

/// The names of the commands, in the order of [`Random::make`].
pub(super) const NAMES: [&str; 24] = [
    "Draft",
    "Contribute",
    "Attach",
    "Publish",
    "Reopen",
    "RequestSignatures",
    "Sign",
    "RefuseSignature",
    "SignOnPaper",
    "Withdraw",
    "Submit",
    "AskFor",
    "MakeComplete",
    "Deposit",
    "RefuseDeposit",
    "Amend",
    "Suspend",
    "Resume",
    "Break",
    "Complete",
    "Cancel",
    "DeclareFunding",
    "DeclareInvoice",
    "GiveCalendar",
];

/// What is asked, for which day and on which, and what is known of the contract before.
pub(super) type Step = (Command, NaiveDate, NaiveDate, Option<Previous>);

/// Fields that are set one by one; the last ones are refused.
const FIELDS: &[(&str, Option<&str>)] = &[
    ("terms.weekly_time", Some("35:00")),
    ("terms.weekly_time", Some("36:00")),
    ("terms.weekly_time", Some("41:00")),
    ("terms.kind", Some("11")),
    ("terms.kind", Some("36")),
    ("terms.start_on", Some("2024-09-02")),
    ("terms.start_on", Some("2024-09-03")),
    ("employer.phone", Some("0412345678")),
    ("employer.phone", None),
    ("employer.kind", Some("22")),
    ("employer.kind", Some("30")),
    ("apprentice.emancipated", Some("true")),
    ("apprentice.emancipated", Some("false")),
    ("guardian.email", None),
    ("terms.colour", Some("x")),
    ("employer.naf", Some("x")),
    ("terms.start_on", Some("2024-02-30")),
];

/// What an adult's form says beside the example, and a minor's, who is of age while the contract is signed, some days
/// after the one that the form says; an amendment's.
const ADULT: &[(&str, &str)] = &[("apprentice.born_on", "2004-04-17")];
const MINOR: &[(&str, &str)] = &[
    ("apprentice.born_on", "2006-09-10"),
    ("apprentice.emancipated", "false"),
    ("guardian.name", "D'Alençon"),
    ("guardian.first_name", "Ada"),
    ("guardian.email", "ada@exemple.fr"),
    ("guardian.same_address", "true"),
];
/// It is concluded once the minor is of age, as it says: it may be signed before.
const AMENDMENT: &[(&str, &str)] = &[
    ("terms.previous_number", "035202409AB0001"),
    ("terms.concluded_on", "2025-01-01"),
    ("terms.amendment_on", "2025-01-01"),
];

/// The example form, field by field.
pub(super) fn example() -> Filled {
    let json = include_str!("../../../docs/examples/contrat.json");
    let form = Form::from_json(json).unwrap().form;
    form.fields().into_iter().filter_map(|met| Some((met.path, met.value?))).collect()
}

/// A source of commands.
pub(super) struct Random {
    state: u64,
    example: Filled,
    count: u64,
}

impl Random {
    /// With the example form.
    pub(super) fn new() -> Self {
        Self { state: 0, example: example(), count: 0 }
    }

    /// Begins again from a seed.
    pub(super) fn seed(&mut self, seed: u64) {
        (self.state, self.count) = (seed, 0);
    }

    /// Below a bound (splitmix64).
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// So many times in a hundred.
    fn in_hundred(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn digest(&mut self) -> [u8; 32] {
        self.count += 1;
        let mut digest = [0xd0; 32];
        digest[..8].copy_from_slice(&self.count.to_le_bytes());
        digest
    }

    fn reason(&mut self) -> String {
        self.one(&["un motif", "un motif", "un motif", "un motif", " un motif\n", "", " \t"])
            .to_owned()
    }

    /// A day: of the last act, some days around it, or near a day of the example that matters.
    fn day(&mut self, model: &Model, name: &str) -> NaiveDate {
        let first: NaiveDate = "2024-08-26".parse().unwrap();
        let last = model.acts.last().map_or(first, |act| act.on);
        let near = |day: &str, by: usize| {
            day.parse::<NaiveDate>().unwrap() + Days::new(by as u64) - Days::new(1)
        };
        let complete = model.last().and_then(|round| model.complete_on(round)).unwrap_or(last);
        let around = |random: &mut Self| complete + Days::new(19 + random.below(3) as u64);
        let is_sent = model.last().is_some_and(|round| model.phase(round) == Phase::Submitted);
        match (name, self.below(10)) {
            // The result of the exam is of the day of the end.
            ("Complete", 0..7) if model.life() == "completed" => last,
            ("Complete", 0..4) => near("2026-08-31", self.below(3)),
            ("Break", 0..9) => near("2024-09-02", self.below(6)),
            ("Complete" | "Cancel", 0..7) => near("2024-09-02", self.below(4)),
            // Around the last day of the deposit body; often enough once it was sent.
            ("Amend", 0..7) | ("AskFor" | "RefuseDeposit" | "Deposit", 0) => around(self),
            ("Reopen", 0..9) if is_sent => around(self),
            (_, 0) => last + Days::new(self.below(22) as u64),
            (_, 1) => last - Days::new(self.below(22) as u64),
            (_, 2) => first,
            _ => last,
        }
    }

    /// What would move the contract on.
    fn next(&mut self, model: &Model) -> &'static str {
        let Some(round) = model.last() else { return "Draft" };
        // Of what is over, every command is refused or rare: any will do.
        if model.is_over() {
            return self.one(&NAMES);
        }
        // The life is rarer than the paper, so that contracts live long enough to be amended.
        let passing = [Phase::Incomplete, Phase::SignatureRefused, Phase::DepositRefused]
            .contains(&model.phase(round));
        let often = if round == 0 {
            3
        } else if passing {
            65
        } else {
            15
        };
        if model.life() != "not signed by all" && self.in_hundred(often) {
            return match model.life() {
                "suspended" => self.one(&["Resume", "Resume", "Break", "Cancel"]),
                // What ends it makes the rarest states.
                _ if self.in_hundred(8) => {
                    self.one(&["DeclareFunding", "DeclareInvoice", "GiveCalendar"])
                }
                _ if passing => self.one(&["Suspend", "Break", "Complete", "Complete", "Cancel"]),
                _ => self.one(&["Suspend", "Suspend", "Break", "Complete", "Cancel"]),
            };
        }
        // The number of what silence accepted.
        if model.at_the_body().is_some_and(|at| at < round) && self.in_hundred(5) {
            return "Deposit";
        }
        match model.phase(round) {
            Phase::Draft if !model.filled[round].contains_key(self.wanted(round)) => "Contribute",
            Phase::Draft if !attached(model, round) => "Attach",
            Phase::Draft => {
                self.one(&["Publish", "Publish", "Publish", "Publish", "Contribute", "Withdraw"])
            }
            Phase::Published => self.one(&[
                "RequestSignatures",
                "RequestSignatures",
                "SignOnPaper",
                "SignOnPaper",
                "Reopen",
            ]),
            Phase::Signing if self.in_hundred(90) => "Sign",
            Phase::Signing => {
                self.one(&["RefuseSignature", "RefuseSignature", "Reopen", "Withdraw"])
            }
            Phase::SignatureRefused => self.one(&["Reopen", "Reopen", "Withdraw"]),
            Phase::Signed => "Submit",
            Phase::Submitted => {
                let private = !law::is_public(&model.filled[round]);
                let last = if private { self.one(&["Amend", "Reopen"]) } else { "Amend" };
                self.one(&["Deposit", "Deposit", "Deposit", "AskFor", "RefuseDeposit", last])
            }
            Phase::Incomplete => {
                self.one(&["MakeComplete", "MakeComplete", "Attach", "RefuseDeposit"])
            }
            Phase::Deposited => "Amend",
            Phase::DepositRefused => self.one(&["Reopen", "Amend"]),
            Phase::Withdrawn => "Amend",
        }
    }

    /// A field that is there once a round is filled.
    fn wanted(&self, round: usize) -> &'static str {
        if round == 0 { "employer.siret" } else { "terms.amendment_on" }
    }

    /// The next step of a sequence; with a command by its name, when one is wanted.
    pub(super) fn step(&mut self, model: &Model, wanted: Option<&'static str>) -> Step {
        let likely = if self.in_hundred(80) { self.next(model) } else { self.one(&NAMES) };
        let name = wanted.unwrap_or(likely);
        // Of what is right in all but one thing, most is right.
        let right = self.in_hundred(85);
        let on = self.day(model, name);
        let ended_on = Some("2024-08-01".parse().unwrap());
        let previous = (self.below(10) == 0).then_some(Previous {
            ended_on,
            broken_by_others: true,
            level: None,
        });
        let today = self.today(model, name, on);
        (self.make(name, model, right, on), on, today, previous)
    }

    /// When it is asked: of what was sent or decided, now and then later than its day; of what is over, before.
    fn today(&mut self, model: &Model, name: &str, on: NaiveDate) -> NaiveDate {
        let is_past =
            ["Submit", "AskFor", "MakeComplete", "Deposit", "RefuseDeposit"].contains(&name);
        let is_ahead = ["Break", "Complete"].contains(&name);
        if !self.in_hundred(30) {
            return on;
        }
        // Around the day from which silence decides.
        let complete = model.last().and_then(|round| model.complete_on(round)).unwrap_or(on);
        let around = complete + Days::new(19 + self.below(3) as u64);
        match (is_past, is_ahead, self.below(2)) {
            (true, _, 0) => around.max(on),
            (true, ..) => on + Days::new(self.below(45) as u64),
            (_, true, 0) => around.min(on),
            (_, true, _) => on - Days::new(self.below(45) as u64),
            _ => on,
        }
    }

    /// A command by its name, right where the model is or wrong by something.
    fn make(&mut self, name: &str, model: &Model, right: bool, on: NaiveDate) -> Command {
        let round = model.last().unwrap_or(0);
        let reason = if right { "un motif".to_owned() } else { self.reason() };
        match name {
            "Draft" => Command::Draft { enrolment: None },
            "Contribute" => Command::Contribute(self.changes(round, right)),
            "Attach" => Command::Attach(self.attachment(model, round, right)),
            "Publish" => Command::Publish,
            "Reopen" => Command::Reopen(reason),
            "RequestSignatures" => {
                let signers = self.signers(model, round, right, on);
                Command::RequestSignatures { document: [7 + self.below(2) as u8; 32], signers }
            }
            "Sign" => self.sign(model, round, right),
            "RefuseSignature" => {
                let party =
                    if right { self.unsigned_party(model, round) } else { self.one(&Party::ALL) };
                Command::RefuseSignature { party, reason }
            }
            "SignOnPaper" => {
                // Now and then the scan of a paper that is attached already.
                let there: Vec<_> =
                    model.last().into_iter().flat_map(|one| model.attached(one)).collect();
                let again = !there.is_empty() && self.in_hundred(20);
                let scan = if again { self.one(&there).digest } else { self.digest() };
                Command::SignOnPaper { scan, bytes: 1_000, attestation: reason }
            }
            "Withdraw" => Command::Withdraw(reason),
            "Submit" => {
                let public = model.filled.get(round).is_none_or(law::is_public);
                Command::Submit(if public == right {
                    DepositBody::State("DDETS 35".to_owned())
                } else {
                    DepositBody::Opco("OPCO".to_owned())
                })
            }
            "AskFor" => Command::AskFor(reason),
            "MakeComplete" => Command::MakeComplete { by_body: self.below(2) == 0 },
            "Deposit" => Command::Deposit(reason, self.named(model, right)),
            "RefuseDeposit" => Command::RefuseDeposit(reason),
            "Amend" if right => Command::Amend(ContractType::OtherChange),
            "Amend" => Command::Amend(self.one(ContractType::ALL)),
            "Suspend" => Command::Suspend(reason),
            "Resume" => Command::Resume,
            "Break" => self.rupture(right),
            "Complete" => Command::Complete(Completion {
                early: self.below(2) == 0,
                diploma: if right {
                    Some(true)
                } else {
                    self.one(&[None, Some(false), Some(true)])
                },
                notified_on: self.one(&[None, None, "2024-09-10".parse().ok()]),
            }),
            "DeclareFunding" => Command::DeclareFunding(Cents(700_000 * self.below(3) as u32)),
            "DeclareInvoice" => Command::DeclareInvoice(self.invoice(right)),
            "GiveCalendar" => Command::GiveCalendar(self.calendar()),
            _ => Command::Cancel(reason),
        }
    }

    /// The round that a number is of, where it must be said; now and then where it need not, or another.
    fn named(&mut self, model: &Model, right: bool) -> Option<u16> {
        let waiting = model.waiting();
        if !right {
            let any = self.below(4) as u16;
            return self.one(&[None, Some(any)]);
        }
        (waiting.len() > 1 || self.in_hundred(10) && !waiting.is_empty())
            .then(|| self.one(&waiting) as u16)
    }

    fn changes(&mut self, round: usize, right: bool) -> Vec<Change> {
        let of = |(path, value): (&str, Option<&str>)| Change {
            path: path.to_owned(),
            value: value.map(str::to_owned),
        };
        if !right || self.in_hundred(20) {
            // No field twice: which of two values is the last is another test's.
            let from = self.below(FIELDS.len());
            let mut changes = vec![of(FIELDS[from])];
            let other = FIELDS[self.below(FIELDS.len())];
            changes.extend(Some(of(other)).filter(|one| one.path != FIELDS[from].0));
            return changes;
        }
        let mut all = if round == 0 { self.example.clone() } else { Filled::new() };
        let person = if self.below(4) == 0 { MINOR } else { ADULT };
        for (path, value) in if round == 0 { person } else { AMENDMENT } {
            all.insert((*path).to_owned(), (*value).to_owned());
        }
        // Now and then of private law, whose silence refuses.
        if round == 0 && self.below(4) == 0 {
            all.insert("employer.kind".to_owned(), "30".to_owned());
        }
        all.into_iter().map(|(path, value)| Change { path, value: Some(value) }).collect()
    }

    fn attachment(&mut self, model: &Model, round: usize, right: bool) -> Attachment {
        let there: Vec<_> = model.attached(round);
        let kinds = [AttachmentKind::TrainingAgreement, AttachmentKind::Other];
        let kind = if right { kinds[0] } else { self.one(&kinds) };
        let twice = !right && !there.is_empty();
        let digest = if twice { self.one(&there).digest } else { self.digest() };
        Attachment { kind, digest, bytes: 1_000 }
    }

    fn signers(&mut self, model: &Model, round: usize, right: bool, on: NaiveDate) -> Vec<Signer> {
        let filled = model.filled.get(round);
        let mut parties = filled.map(|filled| law::parties(filled, on)).unwrap_or_default();
        let start = self.below(parties.len().max(1));
        parties.rotate_left(start);
        if !right {
            match self.below(4) {
                0 => drop(parties.pop()),
                1 => parties.push(self.one(&Party::ALL)),
                2 => parties.clear(),
                _ => parties = Party::ALL.to_vec(),
            }
        }
        let of =
            |party| Signer { party, provider: "ed25519".to_owned(), identity: [party as u8; 32] };
        parties.into_iter().map(of).collect()
    }

    /// A party that is asked to sign and has not.
    fn unsigned_party(&mut self, model: &Model, round: usize) -> Party {
        let (_, signers) = model.last().and_then(|round| model.request(round)).unwrap_or_default();
        let signed = model.last().map(|_| model.signed(round)).unwrap_or_default();
        let open: Vec<_> =
            signers.iter().map(|one| one.party).filter(|party| !signed.contains(party)).collect();
        if open.is_empty() { Party::Employer } else { self.one(&open) }
    }

    fn sign(&mut self, model: &Model, round: usize, right: bool) -> Command {
        let mut party = self.unsigned_party(model, round);
        let document = model.last().and_then(|round| model.request(round));
        let mut evidence = Evidence {
            provider: "ed25519".to_owned(),
            identity: [party as u8; 32],
            document: document.map_or([7; 32], |(document, _)| document),
            digest: self.digest(),
            level: Level::Demonstration,
        };
        // Wrong by one thing, or by two.
        for _ in 0..if right { 0 } else { 1 + self.below(2) } {
            match self.below(5) {
                0 => party = self.one(&Party::ALL),
                1 => evidence.provider = "x509".to_owned(),
                2 => evidence.identity = [self.below(4) as u8; 32],
                3 => evidence.document = [7 + self.below(3) as u8; 32],
                _ => {
                    let taken = |command: &Command| match command {
                        Command::Sign { evidence, .. } => Some(evidence.clone()),
                        _ => None,
                    };
                    let old: Vec<_> =
                        model.acts.iter().filter_map(|act| taken(&act.command)).collect();
                    if !old.is_empty() {
                        evidence = self.one(&old);
                    }
                }
            }
        }
        Command::Sign { party, evidence }
    }

    /// One of two.
    fn calendar(&mut self) -> Calendar {
        let spans = [("2024-09-02", "2026-08-31"), ("2016-09-01", "2018-08-31")];
        let (from, to) = spans[usize::from(self.below(8) == 0)];
        let span = (from.parse().unwrap(), to.parse().unwrap());
        Calendar::new(span, [true; 7], self.below(2) == 0, Vec::new()).unwrap()
    }

    /// Of few numbers, so that some come twice; around the first day of the example.
    fn invoice(&mut self, right: bool) -> Declared {
        let first: NaiveDate = "2024-09-02".parse().unwrap();
        let number = self.one(if right { &["F1", "F2"] } else { &["F1", " F2\n", " ", ""] });
        let first_on = first + Days::new(self.below(2) as u64) - Days::new(u64::from(!right));
        let days = if right { self.below(2) + 1 } else { self.below(2) };
        let last_on = first + Days::new(days as u64) - Days::new(u64::from(!right));
        let amount = Cents(if right { 1_000 } else { 1_000 * self.below(2) as u32 });
        Declared { number: number.to_owned(), first_on, last_on, amount }
    }

    fn rupture(&mut self, right: bool) -> Command {
        let mode = self.one(&Mode::ALL);
        let initiator = if right {
            self.one(mode.initiators())
        } else {
            self.one(&[
                Initiator::Employer,
                Initiator::Apprentice,
                Initiator::Both,
                Initiator::Court,
            ])
        };
        let rupture = Rupture::of(mode, initiator);
        let words = (self.below(2) == 0).then(|| "une lettre".to_owned());
        Command::Break { rupture, words }
    }
}

/// Whether the training agreement is attached to a round.
fn attached(model: &Model, round: usize) -> bool {
    let is = |command: &Command| matches!(command, Command::Attach(one) if one.kind == AttachmentKind::TrainingAgreement);
    model.acts.iter().any(|act| act.round == round && is(&act.command))
}
