//! What the list says, from the acts: written from the facts and the law, and from nothing of the views. The calendar of
//! public holidays alone is the domain's, which an independent library checks.

use crate::history::{History, pseudonym};
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use domain::contract::rupture::Mode;
use domain::contract::{Command, DepositBody};
use domain::ids::Position;
use domain::law::days::Place;
use std::collections::BTreeMap;

type Day = Option<NaiveDate>;

#[derive(Default, Clone)]
struct Round {
    fields: BTreeMap<String, String>,
    phase: &'static str,
    wanted: usize,
    signed_on: Day,
    submitted_on: Day,
    complete_on: Day,
    asked_on: Day,
    decided_on: Day,
    body: Option<DepositBody>,
}

impl Round {
    fn day(&self, path: &str) -> Day {
        self.fields.get(path).map(|text| text.parse().unwrap())
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.fields.get(path).map(String::as_str)
    }

    fn all_signed(&mut self, on: NaiveDate) {
        (self.phase, self.signed_on) = ("signed", Some(on));
    }

    /// Of public law: the kinds 21 to 29.
    fn is_public(&self) -> Option<bool> {
        match (self.text("employer.kind"), self.text("employer.sector")) {
            (Some(kind), _) => Some(kind.starts_with('2')),
            (None, Some("private")) => Some(false),
            _ => None,
        }
    }
}

/// A contract as known at a position.
pub(crate) struct Seen<'a> {
    history: &'a History,
    version: usize,
    rounds: Vec<Round>,
    /// Every deposit body that it was sent to, with the postcode of then.
    sent: Vec<(DepositBody, Option<String>)>,
    /// Life, since when it is over, whether somebody looks after the apprentice.
    life: (&'static str, Day, bool),
    /// First days of suspensions, and of going on.
    suspended: Vec<(NaiveDate, Day)>,
    /// How many numbers came once an amendment was begun.
    pub(crate) late_numbers: usize,
}

/// Something that is due: its id, its first and last day, until when it is told.
#[derive(Clone, Copy)]
struct Due {
    id: &'static str,
    earliest: Day,
    by: Day,
    until: Day,
}

impl<'a> Seen<'a> {
    pub(crate) fn at(history: &'a History, position: Position) -> Option<Self> {
        let acts = history.acts.iter().take_while(|act| act.at <= position);
        let mut seen = Self {
            history,
            version: 0,
            rounds: vec![],
            sent: vec![],
            life: ("pending", None, false),
            suspended: Vec::new(),
            late_numbers: 0,
        };
        for act in acts {
            seen.version += act.events;
            seen.take(&act.command, act.on, act.today);
        }
        (seen.version > 0).then_some(seen)
    }

    /// The same contract, as known later.
    pub(crate) fn now(&self, head: Position) -> Self {
        Self::at(self.history, head).unwrap()
    }

    fn take(&mut self, command: &Command, on: NaiveDate, today: NaiveDate) {
        match command {
            Command::Draft { .. } => {
                self.rounds.push(Round { phase: "draft", ..Round::default() });
                return;
            }
            Command::Amend(_) => {
                let mut fields = self.in_force(on).unwrap().fields.clone();
                fields.remove("terms.concluded_on");
                fields.remove("terms.amendment_on");
                self.rounds.push(Round { fields, phase: "draft", ..Round::default() });
                return;
            }
            Command::Suspend(_) => {
                self.life.0 = "suspended";
                self.suspended.push((on, None));
            }
            Command::Resume => {
                self.life.0 = "running";
                self.suspended.last_mut().unwrap().1 = Some(on);
            }
            Command::Break { rupture, .. } => {
                let kept = !matches!(rupture.mode, Mode::CfaExclusion | Mode::Diploma);
                self.life = ("broken", Some(on), kept);
            }
            Command::Complete(_) => self.life = ("completed", Some(on), false),
            Command::Cancel(_) => self.life = ("cancelled", None, false),
            Command::Reopen(_) if self.rounds.len() == 1 => self.life.0 = "pending",
            _ => {}
        }
        let last = self.rounds.len() - 1;
        // A number comes late once silence has accepted a round, and another follows.
        let at = match command {
            Command::Deposit(_, Some(named)) => usize::from(*named),
            Command::Deposit(_, None) => (0..=last).rfind(|at| self.waits(*at)).unwrap(),
            _ => last,
        };
        self.late_numbers += usize::from(at < last);
        let round = &mut self.rounds[at];
        match command {
            Command::Contribute(changes) => {
                for change in changes {
                    match &change.value {
                        Some(value) => round.fields.insert(change.path.clone(), value.clone()),
                        None => round.fields.remove(&change.path),
                    };
                }
            }
            Command::Publish => round.phase = "published",
            Command::Reopen(_) => {
                let fields = std::mem::take(&mut round.fields);
                *round = Round { fields, phase: "draft", ..Round::default() };
            }
            Command::RequestSignatures { signers, .. } => {
                (round.phase, round.wanted) = ("signing", signers.len());
            }
            Command::Sign { .. } => {
                round.wanted -= 1;
                if round.wanted == 0 {
                    round.all_signed(on);
                }
            }
            Command::SignOnPaper { .. } => round.all_signed(on),
            Command::RefuseSignature { .. } => round.phase = "signature_refused",
            Command::Withdraw(_) => round.phase = "withdrawn",
            Command::Submit(body) => {
                let postcode = round.text("employer.address.postcode").map(str::to_owned);
                self.sent.push((body.clone(), postcode));
                (round.phase, round.body) = ("submitted", Some(body.clone()));
                // The body's days count from when it is said.
                (round.submitted_on, round.complete_on) = (Some(on), Some(today));
            }
            Command::AskFor(_) => {
                (round.phase, round.complete_on, round.asked_on) = ("incomplete", None, Some(on));
            }
            Command::MakeComplete { .. } => {
                (round.phase, round.complete_on, round.asked_on) = ("submitted", Some(today), None);
            }
            Command::Deposit(..) => (round.phase, round.decided_on) = ("deposited", Some(on)),
            Command::RefuseDeposit(_) => {
                (round.phase, round.decided_on) = ("deposit_refused", Some(on));
                round.asked_on = None;
            }
            _ => {}
        }
        if self.life.0 == "pending" && self.rounds[0].signed_on.is_some() {
            self.life.0 = "running";
        }
    }

    fn last(&self) -> &Round {
        self.rounds.last().unwrap()
    }

    /// Whether the deposit body still has a round; not one that it let pass and that was begun anew.
    fn waits(&self, at: usize) -> bool {
        let round = &self.rounds[at];
        matches!(round.phase, "submitted" | "incomplete")
            && (at + 1 == self.rounds.len() || round.is_public() == Some(true))
    }

    /// Whether nobody, and no silence until a day, has refused an amendment that all have signed.
    fn counts(&self, at: usize, on: Day) -> bool {
        let round = &self.rounds[at];
        let silent = round.phase == "submitted"
            && round.is_public() != Some(true)
            && round.complete_on < on.and_then(|on| on.checked_sub_days(Days::new(20)));
        let gone = round.phase == "submitted" && !self.waits(at) || silent;
        round.signed_on.is_some() && (at == 0 || round.phase != "deposit_refused" && !gone)
    }

    fn in_force(&self, on: NaiveDate) -> Option<&Round> {
        (0..self.rounds.len()).rfind(|at| self.counts(*at, Some(on))).map(|at| &self.rounds[at])
    }

    /// Whether silence has put a form in force again by a day.
    pub(crate) fn is_put_back(&self, on: NaiveDate) -> bool {
        let at = |on| (0..self.rounds.len()).rfind(|at| self.counts(*at, on));
        at(Some(on)) != at(None)
    }

    /// What is in force, or would be again if nobody decided on what came after.
    fn signed(&self) -> Vec<&Round> {
        let mut signed = Vec::new();
        for at in (0..self.rounds.len()).rev().filter(|at| self.counts(*at, None)) {
            let round = &self.rounds[at];
            signed.push(round);
            if round.phase == "deposited" || round.is_public() == Some(true) {
                break;
            }
        }
        signed
    }

    /// Nothing is known of the place of an employer who was erased.
    fn postcode<'b>(&self, round: &'b Round) -> Option<&'b str> {
        round.text("employer.address.postcode").filter(|_| !self.history.erased)
    }

    fn place(&self, round: &Round) -> Option<Place> {
        Place::of_postcode(&self.postcode(round)?.parse().unwrap())
    }

    fn departement(&self, round: &Round) -> Option<String> {
        self.postcode(round).map(departement_of)
    }

    /// Those whose employer and CFA are the contract's: nobody is of an amendment that came to nothing.
    fn naming(&self) -> Vec<&Round> {
        let last = self.last();
        let nothing = matches!(last.phase, "withdrawn" | "deposit_refused");
        let last = Some(last).filter(|_| !nothing || self.rounds.len() == 1);
        self.signed().into_iter().chain(last).collect()
    }

    /// On a day; but for those of the round under way, which are told whatever the day.
    fn dues(&self, on: NaiveDate) -> Vec<Due> {
        let (round, mut dues) = (self.last(), Vec::new());
        let first = self.rounds.len() == 1;
        let over = matches!(self.life.0, "broken" | "completed" | "cancelled");
        let due = |id, by| Due { id, earliest: None, by, until: None };
        match round.phase {
            "draft" | "published" | "signing" | "signature_refused" if !over => {
                let effect = if first { "terms.start_on" } else { "terms.amendment_on" };
                dues.extend(round.day(effect).map(|day| due("SIGN", Some(day))));
            }
            "signed" | "incomplete" if self.life.0 == "cancelled" => {}
            // What would take effect after the end is not sent.
            "signed" | "incomplete"
                if !first && self.is_over_on(round.day("terms.amendment_on")) => {}
            "signed" => {
                let from = if first { round.day("terms.start_on") } else { round.signed_on };
                if let (Some(from), Some(place)) = (from, self.place(round)) {
                    let mut day = from;
                    let mut left = 5;
                    while left > 0 {
                        day = day + Days::new(1);
                        left -= i32::from(place.is_working_day(day));
                    }
                    dues.push(due("SUBMIT", Some(day)));
                }
            }
            "incomplete" => dues.push(due("MAKE_COMPLETE", None)),
            "submitted" => {
                let last = round.complete_on.unwrap() + Days::new(20);
                // Of what is over, what silence refuses is for nobody to mend.
                let is_over = matches!(self.life.0, "broken" | "completed" | "cancelled");
                let mends = !is_over || round.is_public() == Some(true);
                let decide = if mends { "DECIDE" } else { "DECIDE_AFTER_THE_END" };
                dues.push(Due { until: Some(last), ..due(decide, Some(last)) });
            }
            _ => {}
        }
        let Some(form) = self.in_force(on) else { return dues };
        match self.life {
            ("running" | "suspended", ..) => {
                if let Some((earliest, latest)) = self.free_days_end(form) {
                    let by = due("FREE_RUPTURE_ENDS", Some(latest));
                    let earliest = Some(earliest).filter(|earliest| *earliest != latest);
                    dues.push(Due { earliest, until: Some(latest), ..by });
                }
                dues.extend(form.day("terms.end_on").map(|day| due("COMPLETE", Some(day))));
            }
            ("broken", Some(on), true) => {
                let six_months = on + Months::new(6);
                let keep = due("KEEP_TRAINING", Some(six_months));
                dues.push(Due { until: Some(six_months), ..keep });
                let trains_until = form.day("training.exams_end_on").or(form.day("terms.end_on"));
                let mission = due("MISSION_LOCALE", Some(on + Days::new(45)));
                dues.push(Due { until: trains_until, ..mission });
            }
            _ => {}
        }
        dues.sort_by_key(|due| (due.earliest.or(due.by), due.id));
        dues
    }

    /// Whether a day is one without contract, after its end.
    fn is_over_on(&self, day: Day) -> bool {
        match self.life {
            ("broken", first_without, _) => first_without <= day,
            ("completed", last, _) => last < day,
            _ => false,
        }
    }

    /// The 45th day of practice: every working day at the earliest; at the latest after all the days at the CFA, six
    /// hours each, on weekdays.
    fn free_days_end(&self, form: &Round) -> Option<(NaiveDate, NaiveDate)> {
        let (first, place) = (form.day("terms.practice_on")?, self.place(form)?);
        let hours: u32 = form.text("training.hours")?.parse().unwrap();
        // Nothing is counted while it is suspended, and nothing is known as long as it is.
        let stands_still =
            |day: NaiveDate| self.suspended.iter().any(|(from, to)| *from <= day && to.is_none());
        let passed = |day: NaiveDate| {
            self.suspended.iter().any(|(from, to)| *from <= day && to.is_some_and(|to| day < to))
        };
        let nth = |n: u32, counts: &dyn Fn(NaiveDate) -> bool| {
            let (mut day, mut left) = (first, n);
            loop {
                if stands_still(day) {
                    return None;
                }
                left -= u32::from(!passed(day) && counts(day));
                if left == 0 {
                    return Some(day);
                }
                day = day + Days::new(1);
            }
        };
        let weekday = |day: NaiveDate| day.weekday() != Weekday::Sat && place.is_working_day(day);
        Some((nth(45, &|day| place.is_working_day(day))?, nth(45 + hours.div_ceil(6), &weekday)?))
    }

    /// What somebody must do, and its day.
    fn next(&self) -> Option<(&'static str, NaiveDate)> {
        let mut dues = self.dues(NaiveDate::MIN).into_iter();
        let must = ["SIGN", "SUBMIT", "MAKE_COMPLETE", "DECIDE", "DECIDE_AFTER_THE_END"];
        let due = dues.find(|due| must.contains(&due.id))?;
        Some((due.id, due.by.or(self.last().asked_on)?))
    }

    pub(crate) fn is_late(&self, on: NaiveDate) -> bool {
        let never = ["MAKE_COMPLETE", "DECIDE_AFTER_THE_END"];
        self.next().is_some_and(|(id, by)| !never.contains(&id) && by < on)
    }

    /// In the order of the list.
    pub(crate) fn order(&self) -> (NaiveDate, [u8; 16]) {
        (self.next().map_or(NaiveDate::MAX, |(_, on)| on), self.history.key.0)
    }

    pub(crate) fn phase(&self) -> &'static str {
        self.last().phase
    }

    pub(crate) fn life(&self) -> &'static str {
        self.life.0
    }

    /// The département of the place of work.
    pub(crate) fn works_in(&self, on: NaiveDate) -> Option<String> {
        self.departement(self.in_force(on).unwrap_or(self.last()))
    }

    pub(crate) fn body(&self) -> Option<&str> {
        self.last().body.as_ref().map(|body| match body {
            DepositBody::State(name) | DepositBody::Opco(name) => name.as_str(),
        })
    }

    pub(crate) fn cfa(&self) -> [Option<&str>; 2] {
        let round = self.last();
        [round.text("training.responsible.siret"), round.text("training.responsible.uai")]
    }

    /// Who trains in its enrolment.
    pub(crate) fn trainer(&self) -> Option<&str> {
        self.history.enrolment.map(|(_, cfa)| cfa)
    }

    pub(crate) fn drafter(&self) -> &str {
        self.history.drafter
    }

    /// The SIRET and the UAI of its CFAs.
    pub(crate) fn cfas(&self) -> Vec<[Option<&str>; 2]> {
        let paths = ["training.responsible.siret", "training.responsible.uai"];
        self.naming().into_iter().map(|round| paths.map(|path| round.text(path))).collect()
    }

    /// Whether it was sent to the service of the State of a département.
    pub(crate) fn was_sent_to(&self, code: &str) -> bool {
        !self.history.erased
            && self.sent.iter().any(|(body, postcode)| {
                let there = postcode.as_deref().map(departement_of);
                matches!(body, DepositBody::State(_)) && there.as_deref() == Some(code)
            })
    }

    /// Whether the work that all have signed for is done in a département.
    pub(crate) fn is_done_in(&self, code: &str) -> bool {
        self.signed().into_iter().any(|round| self.departement(round).as_deref() == Some(code))
    }

    /// Whether it was sent to a skills operator, be it for an earlier round.
    pub(crate) fn was_sent_to_opco(&self) -> bool {
        self.sent.iter().any(|(body, _)| matches!(body, DepositBody::Opco(_)))
    }

    pub(crate) fn is_of_employer(&self, key: [u8; 16]) -> bool {
        let of = |round: &Round| round.text("employer.siret").map(pseudonym) == Some(key);
        !self.history.erased && self.naming().into_iter().any(of)
    }

    /// Everything that the list says of it on a day, as a line.
    pub(crate) fn line(&self, on: NaiveDate) -> String {
        let (round, form) = (self.last(), self.in_force(on).unwrap_or(self.last()));
        let silent = if round.is_public() == Some(true) { "Acceptance" } else { "Refusal" };
        let decision = match (round.decided_on, round.phase, round.complete_on) {
            (Some(day), ..) => format!("Taken({day})"),
            (_, "incomplete", _) => "Stopped".to_owned(),
            (_, "submitted", Some(from)) if on <= from + Days::new(20) => {
                format!("Due({})", from + Days::new(20))
            }
            (_, "submitted", Some(from)) => format!("Silent({}, {silent})", from + Days::new(20)),
            _ => "NotAsked".to_owned(),
        };
        let dues: Vec<String> = self
            .dues(on)
            .into_iter()
            .filter(|due| due.until.is_none_or(|until| on <= until))
            .map(|due| format!("{} {:?} {:?}", due.id, due.earliest, due.by))
            .collect();
        let (broken, ended) = match self.life {
            ("broken", on, _) => (on, None),
            (_, on, _) => (None, on),
        };
        format!(
            "{:?} v{} {:?} round {} {} {} {:?} {:?} {:?} {:?} {:?}-{:?} {:?} {:?} {:?} {broken:?} {ended:?} \
             {decision} next {:?} {dues:?}",
            self.history.key,
            self.version,
            self.history.enrolment.map(|(stream, _)| stream),
            self.rounds.len() - 1,
            round.phase,
            self.life.0,
            round.is_public(),
            self.body(),
            self.works_in(on),
            self.cfa(),
            form.day("terms.start_on"),
            form.day("terms.end_on"),
            round.signed_on,
            round.submitted_on,
            round.asked_on,
            self.next(),
        )
    }

    /// The alert of what somebody must do, when there is one on a day: late or not, what, since when.
    pub(crate) fn alert(&self, on: NaiveDate) -> Option<String> {
        let (id, by) = self.next()?;
        let (late, since) = match id {
            "MAKE_COMPLETE" if by <= on => (false, by),
            "MAKE_COMPLETE" => return None,
            "DECIDE_AFTER_THE_END" if by < on => return None,
            _ if by < on => (true, by),
            _ if by <= on + Days::new(7) => (false, by - Days::new(7)),
            _ => return None,
        };
        let days = (on - since).num_days();
        Some(format!("{:?} late {late} {id} since {since} {days}", self.history.key))
    }
}

fn departement_of(postcode: &str) -> String {
    let digits = if postcode.starts_with("97") { 3 } else { 2 };
    postcode[..digits].to_owned()
}
