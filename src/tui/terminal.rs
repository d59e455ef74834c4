//! The terminal: taken over, and given back whatever happens.

use super::keys::meaning;
use super::{Asked, Screen, Snapshot, Subject};
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute};
use ratatui::{DefaultTerminal, Terminal, backend::CrosstermBackend};
use std::io::{self, IsTerminal, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two pictures at least: faster than anyone reads, slow enough for a slow line.
const REDRAW: Duration = Duration::from_millis(250);

/// The full screen. While it exists the terminal belongs to it; dropping it, also in a panic, gives the terminal back.
#[derive(Debug)]
pub struct Tui {
    terminal: DefaultTerminal,
    screen: Screen,
    snapshot: Snapshot,
    drawn: Option<Instant>,
    /// A key was pressed or the window changed: the picture is old.
    stale: bool,
}

impl Tui {
    /// Opens what keys and signals of the terminal need, without touching it: done before rights are given up.
    ///
    /// # Errors
    /// When standard input and output are no terminal.
    pub fn prepare() -> io::Result<()> {
        if !io::stdin().is_terminal() || !stdout().is_terminal() {
            let line = "--tui needs a terminal on standard input and output";
            return Err(io::Error::new(io::ErrorKind::Unsupported, line));
        }
        // The first look for keys makes the reader of events.
        event::poll(Duration::ZERO).map(drop)
    }

    /// Takes the terminal over; [`Self::prepare`] comes before.
    ///
    /// # Errors
    /// When the terminal refuses; then it is as it was.
    pub fn begin() -> io::Result<Self> {
        restore_on_panic();
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let begun = execute!(stdout(), EnterAlternateScreen, cursor::Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        let terminal = begun.inspect_err(|_| restore())?;
        Ok(Self { terminal, screen: Screen::default(), snapshot: Snapshot::default(), drawn: None, stale: true })
    }

    /// Takes the keys that were pressed since the last call; never waits. To be called often.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn keys(&mut self) -> io::Result<Asked> {
        while event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    let Some(key) = meaning(key) else { continue };
                    self.stale = true;
                    if self.screen.press(key, &self.snapshot) == Asked::End {
                        return Ok(Asked::End);
                    }
                }
                Event::Resize(..) => self.stale = true,
                _ => {}
            }
        }
        Ok(Asked::Nothing)
    }

    /// Whether it is time for a new picture.
    pub fn is_due(&self) -> bool {
        self.stale || self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW)
    }

    /// The connection of which [`Snapshot::detail`] is wanted.
    pub fn subject(&self) -> Option<Subject> {
        self.screen.subject()
    }

    /// Shows how the capture stands. Only what changed is sent to the terminal, so that nothing flickers.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, snapshot: Snapshot) -> io::Result<()> {
        self.snapshot = snapshot;
        let Self { terminal, screen, snapshot, .. } = self;
        terminal.draw(|frame| screen.draw(frame, snapshot))?;
        (self.drawn, self.stale) = (Some(Instant::now()), false);
        Ok(())
    }
}

impl Drop for Tui {
    fn drop(&mut self) {
        restore();
    }
}

/// The terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back, once.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Where the terminal is gone there is nothing to restore.
    let _ = disable_raw_mode();
    let _ = execute!(stdout(), LeaveAlternateScreen, cursor::Show);
}

/// A panic's message must not end on the screen that is about to vanish.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}
