//! The half of the work behind the intake: judging and reporting, here or on a thread of its own.

use super::judging::Judging;
use super::outputs::WriteTrouble;
use super::plan::Plan;
use crate::analyzer::{Concluded, Event, Hindsight, Overview};
use crate::limits::{EVENT_BATCH, EVENT_BATCH_BYTES, EVENT_BATCHES};
use crate::report::view::Capture;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// No more is wanted: a report could not be written, or nobody reads it. [`Judge::close`] says why.
pub(super) struct Enough;

/// What came of a report, and whether any connection failed.
type Outcome = (Result<(), WriteTrouble>, bool);

/// Judges what is over and writes the reports. What it writes does not depend on where it works.
///
/// Events are gathered and taken many at a time, here too: the code of either half is larger than the processor's nearest
/// cache, so that to change between them for each connection would load it anew each time.
pub(super) struct Judge {
    place: Place,
    batch: Vec<Event>,
    /// Memory of the batch, an estimate.
    bytes: usize,
    talks_meanwhile: bool,
}

enum Place {
    Here(Box<Desk>),
    Beside { queue: SyncSender<Message>, thread: JoinHandle<Outcome> },
}

/// What goes to the other thread.
enum Message {
    Events(Vec<Event>),
    Capture(u32, String),
    Close(Box<(Vec<Capture>, Overview, u64)>),
}

impl Judge {
    /// Opens the reports, before anything is read.
    pub fn new(plan: &Plan) -> Result<Self, WriteTrouble> {
        let judging = Judging::new(&plan.reports)?;
        let talks_meanwhile = judging.outputs.talks_meanwhile(&plan.reports.wishes);
        let desk = Desk { hindsight: Hindsight::new(plan.settings.clone()), judging, trouble: None };
        let place = if plan.threads < 2 { Place::Here(Box::new(desk)) } else { beside(desk) };
        Ok(Self { place, batch: Vec::with_capacity(EVENT_BATCH), bytes: 0, talks_meanwhile })
    }

    /// Whether lines appear on a terminal while captures are read.
    pub fn talks_meanwhile(&self) -> bool {
        self.talks_meanwhile
    }

    /// A capture is opened.
    pub fn capture(&mut self, index: u32, path: &str) -> Result<(), Enough> {
        self.hand_on()?;
        match &mut self.place {
            Place::Here(desk) => desk.capture(index, path),
            Place::Beside { queue, .. } => queue.send(Message::Capture(index, path.to_owned())).map_err(|_| Enough),
        }
    }

    /// Takes an event of the intake.
    pub fn take(&mut self, event: Event) -> Result<(), Enough> {
        // Somebody waits for what is known so far.
        let idle = matches!(event, Event::Idle);
        self.bytes += event.memory();
        self.batch.push(event);
        let full = self.batch.len() >= EVENT_BATCH || self.bytes >= EVENT_BATCH_BYTES;
        if full || idle { self.hand_on() } else { Ok(()) }
    }

    /// Ends the reports; `unreadable` inputs were passed over. Where no capture could be read, the lines about them have said
    /// everything.
    pub fn close(mut self, captures: Vec<Capture>, overview: Overview, unreadable: u64) -> Outcome {
        // If nobody listens any more, the other thread's own outcome says why.
        let _ = self.hand_on();
        match self.place {
            Place::Here(desk) => desk.close(captures, &overview, unreadable),
            Place::Beside { queue, thread } => {
                let _ = queue.send(Message::Close(Box::new((captures, overview, unreadable))));
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        }
    }

    /// The batch goes to where it is judged.
    fn hand_on(&mut self) -> Result<(), Enough> {
        self.bytes = 0;
        match &mut self.place {
            Place::Here(desk) => desk.take_all(self.batch.drain(..)),
            Place::Beside { .. } if self.batch.is_empty() => Ok(()),
            Place::Beside { queue, .. } => {
                let events = std::mem::replace(&mut self.batch, Vec::with_capacity(EVENT_BATCH));
                queue.send(Message::Events(events)).map_err(|_| Enough)
            }
        }
    }
}

fn beside(desk: Desk) -> Place {
    let (queue, messages) = sync_channel(EVENT_BATCHES);
    let thread = thread::spawn(move || desk.work(&messages));
    Place::Beside { queue, thread }
}

/// Where the work is done.
struct Desk {
    hindsight: Hindsight,
    judging: Judging,
    /// Why no more is wanted.
    trouble: Option<WriteTrouble>,
}

impl Desk {
    /// The life of the other thread.
    fn work(mut self, messages: &Receiver<Message>) -> Outcome {
        for message in messages {
            let done = match message {
                Message::Events(events) => self.take_all(events),
                Message::Capture(index, path) => self.capture(index, &path),
                Message::Close(last) => {
                    let (captures, overview, unreadable) = *last;
                    return self.close(captures, &overview, unreadable);
                }
            };
            if let Err(Enough) = done {
                break;
            }
        }
        self.outcome(Ok(()))
    }

    fn capture(&mut self, index: u32, path: &str) -> Result<(), Enough> {
        let done = self.judging.outputs.capture(index, path);
        self.note(done)
    }

    /// Takes several; readers see at once what came of them.
    fn take_all(&mut self, events: impl IntoIterator<Item = Event>) -> Result<(), Enough> {
        events.into_iter().try_for_each(|event| self.take(event))?;
        let done = self.judging.outputs.flush();
        self.note(done)
    }

    fn take(&mut self, event: Event) -> Result<(), Enough> {
        self.hindsight.take(event);
        while let Some(concluded) = self.hindsight.poll() {
            let done = match concluded {
                Concluded::Whole(judged) => self.judging.hand_on(&judged).map(|_| ()),
                Concluded::LoneSyn(lone) => self.judging.hand_on_lone(lone),
            };
            self.note(done)?;
        }
        Ok(())
    }

    fn note(&mut self, done: Result<(), WriteTrouble>) -> Result<(), Enough> {
        done.map_err(|trouble| {
            self.trouble = Some(trouble);
            Enough
        })
    }

    fn close(mut self, captures: Vec<Capture>, overview: &Overview, unreadable: u64) -> Outcome {
        let wanted = self.trouble.is_none() && !captures.is_empty();
        let done = if wanted { self.judging.finish(captures, overview, unreadable) } else { Ok(()) };
        self.outcome(done)
    }

    fn outcome(self, done: Result<(), WriteTrouble>) -> Outcome {
        (self.trouble.map_or(done, Err), self.judging.any_failed())
    }
}
