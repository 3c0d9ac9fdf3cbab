//! A hundred thousand random sequences of commands, against a model that was written from the facts and ADR 22.
//!
//! The model ([`model`]) keeps the acts that were accepted and answers every question from them; the aggregate keeps a
//! state and answers from that. At each step both must accept or refuse, and for a reason that the model has too; what
//! is accepted gives its events, and the state says what the acts say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may stop"
)]

mod events;
mod law;
mod model;
mod random;
mod reasons;

use chrono::{Days, NaiveDate};
use domain::contract::funding::Declared;
use domain::contract::{Command, Contract, ContractEvent, Given, Life, Round, decide};
use domain::enrolment::Opened;
use model::{Act, Model, Says};
use random::{NAMES, Random, Step};
use std::collections::{BTreeMap, BTreeSet};

/// How many sequences, and how long the longest is.
const SEQUENCES: u64 = 100_000;
const LONGEST: usize = 40;
/// How many run at once: the same everywhere, for what each asks depends on what it asked before.
const THREADS: u64 = 4;

/// States of a contract: five phases before all have signed, with one life, and five after, with the five others. An
/// amendment is written while the contract has one of those five.
const CONTRACT: usize = 5 + 5 * 5;
const AMENDMENT: usize = 10 * 5;

/// Where a command met the contract, and which it was.
type Cell = (&'static str, String, &'static str, &'static str);

/// How often a command was asked there, and accepted.
type Counts = BTreeMap<Cell, (u64, u64)>;

/// The aggregate beside the model, with its events.
#[derive(Default)]
struct Run {
    model: Model,
    contract: Contract,
    events: Vec<(ContractEvent, NaiveDate)>,
}

impl Run {
    fn cell(&self, command: &'static str) -> Cell {
        let phase = self.model.last().map(|round| format!("{:?}", self.model.phase(round)));
        let what = match self.model.last() {
            None => "nothing",
            Some(0) => "contract",
            Some(_) => "amendment",
        };
        (what, phase.unwrap_or_default(), self.model.life(), command)
    }

    /// One step on both sides; whether it was accepted.
    fn step(&mut self, (command, on, today, previous): &Step) -> Result<bool, String> {
        let given = Given { on: *on, today: *today, previous: previous.as_ref() };
        let decided = decide(&self.contract, command, &given);
        let events = match (self.model.act(command, *on, *today, previous.as_ref()), decided) {
            (Says::No(reasons), Err(refusal)) => {
                let told = reasons.contains(&refusal);
                return if told {
                    Ok(false)
                } else {
                    Err(format!("{refusal:?}, not of {reasons:?}"))
                };
            }
            (Says::Nothing, Ok(events)) if events.is_empty() => return Ok(true),
            (Says::Yes, Ok(events)) if !events.is_empty() => events,
            (says, decided) => return Err(format!("the model says {says:?}, it is {decided:?}")),
        };
        if let Some(expected) = self.model.events(command).filter(|expected| *expected != events) {
            return Err(format!("{events:?} instead of {expected:?}"));
        }
        for event in events {
            self.contract = std::mem::take(&mut self.contract).evolve(&event, *on);
            self.events.push((event, *on));
        }
        self.agrees()?;
        Ok(true)
    }

    /// The state says what the acts say.
    fn agrees(&self) -> Result<(), String> {
        let same = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(format!("{what}: {:?}", self.contract)) }
        };
        same(self.contract.rounds.len() == self.model.filled.len(), "rounds")?;
        same(self.contract.life.name() == self.model.life(), "life")?;
        same(self.life_is_as_told(), "what became of it")?;
        // On the day of the last act, and around the day from which silence would decide.
        let acted = self.model.acts.last().map_or(NaiveDate::MIN, |act| act.on);
        let complete = self.model.last().and_then(|round| self.model.complete_on(round));
        let complete = complete.unwrap_or(acted);
        for on in [acted, complete + Days::new(20), complete + Days::new(21)] {
            let in_force = self.model.in_force(on).map(|round| &*self.model.forms[round]);
            same(self.contract.in_force(on) == in_force, "in force")?;
        }
        same(self.contract.funding == self.model.funding(), "funding")?;
        let invoices = self.contract.invoices.iter().map(|one| Declared {
            number: one.number.clear().unwrap().clone(),
            first_on: one.first_on,
            last_on: one.last_on,
            amount: one.amount,
        });
        same(invoices.eq(self.model.invoices()), "invoices")?;
        same(self.contract.calendar.as_ref() == self.model.calendar(), "calendar")?;
        // An earlier round changes no more, unless its number comes late; all are looked at then, and at the end.
        let number = matches!(self.events.last(), Some((ContractEvent::Deposited { .. }, _)));
        let from = if number { 0 } else { self.contract.rounds.len().saturating_sub(2) };
        self.contract.rounds[from..].iter().try_for_each(|round| self.round_agrees(round))?;
        let signatures = self.model.acts.iter().filter_map(|act| match &act.command {
            Command::Sign { evidence, .. } => Some(evidence.digest),
            _ => None,
        });
        same(self.contract.evidence.iter().copied().eq(signatures), "evidence")
    }

    /// The rupture or the end, with its day.
    fn life_is_as_told(&self) -> bool {
        let last = |is: fn(&Command) -> bool| {
            self.model.acts.iter().rfind(|act| is(&act.command)).map(|act| (act.on, &act.command))
        };
        match &self.contract.life {
            Life::Broken(day, rupture) => {
                let told = last(|command| matches!(command, Command::Break { .. }));
                matches!(told, Some((on, Command::Break { rupture: one, .. })) if on == *day && one == rupture)
            }
            Life::Completed(day, end) => {
                let told = last(|command| matches!(command, Command::Complete(_)));
                matches!(told, Some((on, Command::Complete(one))) if on == *day && one == end)
            }
            Life::Pending | Life::Running | Life::Suspended | Life::Cancelled => true,
        }
    }

    fn round_agrees(&self, round: &Round) -> Result<(), String> {
        let (model, number) = (&self.model, usize::from(round.number));
        let same = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(format!("{what} of {round:?}")) }
        };
        same(round.phase == model.phase(number), "phase")?;
        same(round.form == *model.forms[number], "form")?;
        let (document, signers) = model.request(number).unzip();
        same(round.document == document, "document")?;
        same(round.signers == signers.unwrap_or_default(), "signers")?;
        same(round.signed.iter().map(|one| one.party).eq(model.signed(number)), "signed")?;
        let asks = |act: &&&Act| matches!(act.command, Command::RequestSignatures { .. });
        let opened = model.since_opened(number);
        let asked = opened.iter().find(asks).map(|act| law::parties(&model.filled[number], act.on));
        let named = round.signers.iter().map(|one| one.party).collect::<BTreeSet<_>>();
        same(asked.unwrap_or_default().into_iter().collect::<BTreeSet<_>>() == named, "who signs")?;
        same(round.signed.iter().all(|one| named.contains(&one.party)), "who signed")?;
        same(round.signed_on == model.signed_on(number), "the day of the signatures")?;
        let since = model.since_opened(number);
        let on =
            |is: fn(&Command) -> bool| since.iter().find(|act| is(&act.command)).map(|act| act.on);
        let sent = on(|command| matches!(command, Command::Submit(_)));
        same(round.submitted_on == sent, "the day on which it was sent")?;
        let decided =
            on(|command| matches!(command, Command::Deposit(..) | Command::RefuseDeposit(_)));
        same(round.decided_on == decided, "the day of the decision")?;
        same(round.complete_on == model.complete_on(number), "the complete file")?;
        same(round.attachments == model.attached(number), "attachments")?;
        for act in since {
            let kept = match &act.command {
                Command::Submit(body) => round.body.as_ref() == Some(body),
                Command::Deposit(number, _) => {
                    round.number_of_deposit == Some(Opened::Clear(number.trim().to_owned()))
                }
                Command::SignOnPaper { scan, .. } => round.scan == Some(*scan),
                Command::Sign { party, evidence } => {
                    round.signed.iter().any(|one| (&one.party, &one.evidence) == (party, evidence))
                }
                _ => true,
            };
            same(kept, act.command.name())?;
        }
        Ok(())
    }

    /// What holds of a whole stream.
    fn whole(&self) -> Result<(), String> {
        let folded = self
            .events
            .iter()
            .fold(Contract::default(), |contract, (event, on)| contract.evolve(event, *on));
        if folded != self.contract {
            return Err("the events from the beginning give another state".to_owned());
        }
        self.contract.rounds.iter().try_for_each(|round| self.round_agrees(round))?;
        // All have signed once between two openings of a round, and a contract that is over is over.
        let (mut signed, mut over) = (false, false);
        let (mut completed, mut broken) = (false, false);
        for (event, _) in &self.events {
            match event {
                ContractEvent::FullySigned if signed => return Err("fully signed twice".to_owned()),
                ContractEvent::FullySigned => signed = true,
                ContractEvent::Reopened { .. } | ContractEvent::AmendmentDrafted { .. } => {
                    signed = false;
                }
                _ => {}
            }
            let ends = matches!(
                event,
                ContractEvent::Broken { .. }
                    | ContractEvent::Completed(_)
                    | ContractEvent::Cancelled { .. }
            );
            let of_life =
                ends || matches!(event, ContractEvent::Suspended { .. } | ContractEvent::Resumed);
            // But for the result of the exam, and the day of the notice, of what has ended well; and a rupture is corrected.
            let again = completed && matches!(event, ContractEvent::Completed(_))
                || broken && matches!(event, ContractEvent::Broken { .. });
            if over && !again && (of_life || matches!(event, ContractEvent::FullySigned)) {
                return Err(format!("{event:?} of a contract that is over"));
            }
            over |= ends;
            completed |= matches!(event, ContractEvent::Completed(_));
            broken |= matches!(event, ContractEvent::Broken { .. });
        }
        let distinct: BTreeSet<_> = self.contract.evidence.iter().collect();
        if distinct.len() == self.contract.evidence.len() {
            Ok(())
        } else {
            Err("evidence twice".to_owned())
        }
    }
}

/// Runs some steps on both sides; what is wrong, if something is.
fn replay(steps: &[Step]) -> Result<(), String> {
    let mut run = Run::default();
    steps.iter().try_for_each(|step| run.step(step).map(drop))?;
    run.whole()
}

/// The shortest failing sequence that leaving out steps gives.
fn shrink(mut steps: Vec<Step>) -> Vec<Step> {
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        if replay(&fewer).is_err() {
            (steps, at) = (fewer, 0);
        } else {
            at += 1;
        }
    }
    steps
}

/// Some of the sequences: every `of`-th from `first`.
fn sequences(first: u64, of: u64) -> Counts {
    let mut counts = Counts::new();
    let mut random = Random::new();
    for seed in (first..SEQUENCES).step_by(of as usize) {
        random.seed(seed);
        let mut run = Run::default();
        let mut steps = Vec::new();
        let fails = |steps: Vec<Step>, why: String| -> ! {
            let steps = shrink(steps);
            panic!("sequence {seed}: {why}\nleft of it: {:?}\n{steps:#?}", replay(&steps))
        };
        for _ in 0..=random.below(LONGEST) {
            let asked =
                |name: &&'static str| counts.get(&run.cell(name)).map_or(0, |(asked, _)| *asked);
            // What was asked least here, always, or now and then, more often of what is suspended: so that what is rare
            // is asked everything too.
            // Of those that were asked as often, any: threads that began with the first would all leave out the last.
            let from = random.below(NAMES.len());
            let names = || NAMES.into_iter().cycle().skip(from).take(NAMES.len());
            let one_in = if run.model.life() == "suspended" { 2 } else { 5 };
            let rarest = (run.model.is_over() || random.below(one_in) == 0)
                .then(|| names().min_by_key(asked))
                .flatten();
            let step = random.step(&run.model, rarest);
            let cell = run.cell(step.0.name());
            steps.push(step);
            match run.step(&steps[steps.len() - 1]) {
                Ok(accepted) => {
                    let (asked, taken) = counts.entry(cell).or_default();
                    *asked += 1;
                    *taken += u64::from(accepted);
                }
                Err(why) => fails(steps, why),
            }
        }
        if let Err(why) = run.whole() {
            fails(steps, why);
        }
    }
    counts
}

#[test]
fn a_hundred_thousand_sequences_do_what_the_model_says() {
    let mut counts = Counts::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..THREADS).map(|first| scope.spawn(move || sequences(first, THREADS))).collect();
        for run in runs {
            let of = run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (cell, (asked, taken)) in of {
                let all = counts.entry(cell).or_default();
                *all = (all.0 + asked, all.1 + taken);
            }
        }
    });
    for ((what, phase, life, name), (asked, taken)) in &counts {
        println!("{what} {phase}; {life}: {name} asked {asked}, accepted {taken}");
    }
    // Every state that can be reached was, and was asked everything.
    let states: BTreeSet<_> =
        counts.keys().map(|(what, phase, life, _)| (*what, phase, *life)).collect();
    let of = |one: &str| states.iter().filter(|(what, ..)| *what == one).count();
    assert_eq!((of("nothing"), of("contract"), of("amendment")), (1, CONTRACT, AMENDMENT));
    for (what, phase, life) in &states {
        for name in NAMES {
            let cell = (*what, (*phase).clone(), *life, name);
            assert!(counts.contains_key(&cell), "{name} was never asked in {cell:?}");
        }
    }
    for name in NAMES {
        let taken = |what: &str| {
            counts.iter().any(|((one, _, _, asked), (_, taken))| {
                (*one, *asked) == (what, name) && *taken > 0
            })
        };
        let first = if name == "Draft" { "nothing" } else { "contract" };
        assert!(
            taken(first) && (name == "Draft" || taken("amendment")),
            "{name} was never accepted"
        );
    }
    // Numbers that came after silence, once an amendment was begun.
    let late = counts.iter().filter(|((what, phase, _, name), _)| {
        (*what, *name) == ("amendment", "Deposit") && phase != "Submitted"
    });
    let late: u64 = late.map(|(_, (_, taken))| taken).sum();
    assert!(late > 100, "{late} numbers came late");
    // What silence refused was opened again, and amended; what it decided was still decided on by the body.
    let opened =
        counts.iter().filter(|((_, phase, _, name), _)| phase == "Submitted" && *name == "Reopen");
    let opened: u64 = opened.map(|(_, (_, taken))| taken).sum();
    assert!(opened > 100, "{opened} were opened again after silence");
    let (asked, taken) =
        counts.values().fold((0, 0), |(a, t), (asked, taken)| (a + asked, t + taken));
    println!("{late} numbers came late");
    println!("{} states, {} cells: {asked} commands, {taken} accepted", states.len(), counts.len());
}
