//! The full screen, drawn to memory: what a user sees at 80x24, in narrow windows, and after keys.

use super::screen::Key;
use super::*;
use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn snapshot() -> Snapshot {
    let open = |number: u64, phase: &str, age: u64, stalled: bool| Open {
        number,
        client: format!("192.0.2.{number}:5123{number}"),
        server: "203.0.113.20:22".to_owned(),
        phase: phase.to_owned(),
        age: Duration::from_secs(age),
        silent: Duration::from_secs(age / 2),
        packets: 12,
        stalled,
    };
    let verdict = |number: u64, outcome: Outcome, id: &str| Verdict {
        number,
        time: format!("12:00:{number:02}"),
        client: format!("192.0.2.50:4000{number}"),
        server: "203.0.113.20:22".to_owned(),
        outcome,
        id: id.to_owned(),
        confidence: "likely".to_owned(),
    };
    Snapshot {
        place: "eth0".to_owned(),
        elapsed: Duration::from_secs(3_725),
        packets: 123_456,
        rate: 789,
        dropped: 3,
        ended: 4,
        failed: 2,
        under_way: 3,
        open: vec![
            open(1, "session", 90_000, false),
            open(2, "authentication", 4, false),
            open(3, "kexinit", 75, true),
        ],
        verdicts: vec![
            verdict(9, Outcome::Failed, "pmtu-blackhole-s2c"),
            verdict(8, Outcome::Healthy, "normal-close"),
            verdict(7, Outcome::Failed, "maxstartups-drop"),
            verdict(6, Outcome::Unclear, "capture-truncated"),
        ],
        notice: String::new(),
        detail: (1..=40).map(|line| format!("line {line}")).collect(),
    }
}

/// The picture as text.
fn picture(screen: &mut Screen, snapshot: &Snapshot, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| screen.draw(frame, snapshot)).unwrap();
    terminal.backend().to_string()
}

/// The line that is highlighted.
fn highlighted(screen: &mut Screen, snapshot: &Snapshot) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| screen.draw(frame, snapshot)).unwrap();
    let cells = terminal.backend().buffer().content();
    let reversed = |cell: &&ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED);
    cells.iter().filter(reversed).map(|cell| cell.symbol()).collect()
}

#[test]
fn both_lists_fit_an_ordinary_terminal() {
    assert_snapshot!(picture(&mut Screen::default(), &snapshot(), 80, 24));
}

#[test]
fn the_help_lists_every_key() {
    let mut screen = Screen::default();
    screen.press(Key::Help, &snapshot());
    assert_snapshot!(picture(&mut screen, &snapshot(), 80, 24));
    assert_eq!(screen.press(Key::Quit, &snapshot()), Asked::Nothing, "q closes the help first");
    assert!(!picture(&mut screen, &snapshot(), 80, 24).contains("these keys"));
}

#[test]
fn one_connection_is_shown_and_scrolled() {
    let (mut screen, snapshot) = (Screen::default(), snapshot());
    screen.press(Key::Down, &snapshot);
    screen.press(Key::Show, &snapshot);
    assert_eq!(screen.subject(), Some(Subject::Ended(8)));
    let first = picture(&mut screen, &snapshot, 80, 24);
    assert!(first.contains("line 1 ") && !first.contains("line 21 "), "{first}");
    screen.press(Key::PageDown, &snapshot);
    assert!(picture(&mut screen, &snapshot, 80, 24).contains("line 21 "));
    screen.press(Key::Last, &snapshot);
    screen.press(Key::Down, &snapshot);
    let last = picture(&mut screen, &snapshot, 80, 24);
    assert!(last.contains("line 40 ") && last.contains("line 21 "), "{last}");
    assert_eq!(screen.press(Key::Quit, &snapshot), Asked::Nothing);
    assert_eq!(screen.subject(), None);
    assert_eq!(screen.press(Key::Quit, &snapshot), Asked::End);
}

#[test]
fn a_selected_connection_stays_selected_while_others_come() {
    let (mut screen, mut snapshot) = (Screen::default(), snapshot());
    screen.press(Key::Down, &snapshot);
    screen.press(Key::Down, &snapshot);
    assert!(highlighted(&mut screen, &snapshot).contains("maxstartups-drop"));
    let newest = Verdict { number: 10, id: "closed-port".to_owned(), ..snapshot.verdicts[0].clone() };
    snapshot.verdicts.insert(0, newest);
    assert!(highlighted(&mut screen, &snapshot).contains("maxstartups-drop"));
    screen.press(Key::OtherList, &snapshot);
    screen.press(Key::Last, &snapshot);
    assert!(highlighted(&mut screen, &snapshot).contains("kexinit"));
    screen.press(Key::Show, &snapshot);
    assert_eq!(screen.subject(), Some(Subject::Open(3)));
}

#[test]
fn held_lists_stand_still_and_figures_go_on() {
    let (mut screen, mut snapshot) = (Screen::default(), snapshot());
    screen.press(Key::Hold, &snapshot);
    snapshot.verdicts.clear();
    snapshot.packets = 999_999;
    let held = picture(&mut screen, &snapshot, 80, 24);
    assert!(held.contains("maxstartups-drop") && held.contains("999999 packets") && held.contains("HELD"), "{held}");
    screen.press(Key::Hold, &snapshot);
    assert!(!picture(&mut screen, &snapshot, 80, 24).contains("maxstartups-drop"));
}

#[test]
fn healthy_connections_can_be_left_out() {
    let (mut screen, snapshot) = (Screen::default(), snapshot());
    screen.press(Key::FailedOnly, &snapshot);
    let failed = picture(&mut screen, &snapshot, 80, 24);
    assert!(failed.contains("maxstartups-drop") && !failed.contains("normal-close"), "{failed}");
}

#[test]
fn texts_from_the_wire_are_shown_not_obeyed() {
    let mut snapshot = snapshot();
    snapshot.detail = vec!["\x1b[31mred\x07".to_owned()];
    snapshot.verdicts[0].client = "\x1b]0;x\x07".to_owned();
    snapshot.notice = "\u{202e}eth0".to_owned();
    let mut screen = Screen::default();
    let lists = picture(&mut screen, &snapshot, 80, 24);
    assert!(lists.contains("\\x1b]0;x\\x07") && lists.contains("\\u{202e}eth0"), "{lists}");
    screen.press(Key::Show, &snapshot);
    let detail = picture(&mut screen, &snapshot, 80, 24);
    assert!(detail.contains("\\x1b[31mred\\x07") && !detail.contains('\x1b'), "{detail}");
}

#[test]
fn no_window_is_too_small_and_no_list_too_long() {
    let mut long = snapshot();
    long.open = (0..500).map(|number| Open { number, ..long.open[0].clone() }).collect();
    long.verdicts = (0..500).map(|number| Verdict { number, ..long.verdicts[0].clone() }).collect();
    for snapshot in [Snapshot::default(), long] {
        for (width, height) in [(1, 1), (3, 2), (20, 5), (40, 10), (300, 100)] {
            let mut screen = Screen::default();
            for key in [Key::Last, Key::OtherList, Key::PageDown, Key::Show, Key::Last, Key::Help, Key::Hold, Key::Back]
            {
                screen.press(key, &snapshot);
                picture(&mut screen, &snapshot, width, height);
            }
        }
    }
}
