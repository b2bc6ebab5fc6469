//! The terminal while a live view is on it: its own screen, without an echo; given back as it was, whatever happens.

use std::io::{self, Stdout, Write as _, stdout};
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, poll, read};
use crossterm::style::Print;
use crossterm::{cursor, execute, queue, terminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;

/// A key is waited for so long before it is seen whether anybody still waits.
const KEY_WAIT: Duration = Duration::from_millis(100);

/// The terminal, taken. Gives it back when it goes.
pub(super) struct Terminal {
    out: Stdout,
    gone: Arc<AtomicBool>,
    keys: Option<JoinHandle<()>>,
    ended: Option<oneshot::Receiver<()>>,
}

impl Terminal {
    /// Takes it.
    ///
    /// # Errors
    /// Where it cannot be set up.
    pub(super) fn open() -> io::Result<Self> {
        let gone = Arc::new(AtomicBool::new(false));
        let (end, ended) = oneshot::channel();
        terminal::enable_raw_mode()?;
        let mut taken = Self {
            out: stdout(),
            gone: Arc::clone(&gone),
            keys: None,
            ended: Some(ended),
        };
        execute!(taken.out, terminal::EnterAlternateScreen, cursor::Hide)?;
        taken.keys = Some(std::thread::spawn(move || until_ended(&gone, end)));
        Ok(taken)
    }

    /// Shows lines, as many and as much of each as there is room for.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub(super) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let (columns, rows) = terminal::size()?;
        queue!(self.out, cursor::MoveTo(0, 0))?;
        for (row, line) in (0..rows).zip(lines) {
            let fitting: String = line.chars().take(usize::from(columns)).collect();
            queue!(
                self.out,
                cursor::MoveTo(0, row),
                Print(fitting),
                terminal::Clear(terminal::ClearType::UntilNewLine)
            )?;
        }
        queue!(self.out, terminal::Clear(terminal::ClearType::FromCursorDown))?;
        self.out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        if let Some(keys) = self.keys.take() {
            let _ = keys.join();
        }
        let _ = execute!(self.out, cursor::Show, terminal::LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// Until somebody wants an end; without a terminal Ctrl-C does that by itself.
pub(super) async fn ended(terminal: Option<&mut Terminal>) {
    match terminal.and_then(|terminal| terminal.ended.as_mut()) {
        Some(ended) => {
            let _ = ended.await;
        }
        None => std::future::pending().await,
    }
}

fn until_ended(gone: &AtomicBool, end: oneshot::Sender<()>) {
    while !gone.load(Ordering::Relaxed) {
        match poll(KEY_WAIT).and_then(|is_there| if is_there { read().map(Some) } else { Ok(None) }) {
            Ok(Some(Event::Key(key))) if is_end(key) => break,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    let _ = end.send(());
}

/// Raw mode brings Ctrl-C as a key.
fn is_end(key: KeyEvent) -> bool {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) || (is_control && key.code == KeyCode::Char('c'))
}
