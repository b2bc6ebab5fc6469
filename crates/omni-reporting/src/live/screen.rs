//! What viewers have on their screens: told by the page, and only ever a matter of who comes first.
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::answer::OnScreen;

/// The screens of all open streams, by the stream's id.
#[derive(Debug, Clone, Default)]
pub struct Screens(Arc<Mutex<HashMap<Uuid, Screen>>>);

/// One viewer's panels, and which of them are on the screen.
type Screen = BTreeMap<String, (OnScreen, bool)>;

/// Held by the stream; with it go the panels of its screen.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) id: Uuid,
    screens: Screens,
}

impl Screens {
    /// The screen of a new stream: nothing is known to be on it.
    pub(super) fn open(&self, panels: impl Iterator<Item = (String, OnScreen)>) -> Shown {
        let id = Uuid::new_v4();
        let screen = panels.map(|(panel, on_screen)| (panel, (on_screen, false)));
        self.lock().insert(id, screen.collect());
        Shown {
            id,
            screens: self.clone(),
        }
    }

    /// Takes what is on the screen of a stream, and nothing else is; false: there is no such stream. Panels that the stream
    /// does not answer are passed over.
    pub fn show(&self, stream: Uuid, panels: &[String]) -> bool {
        let mut screens = self.lock();
        let Some(screen) = screens.get_mut(&stream) else {
            return false;
        };
        for (panel, (on_screen, is_on)) in screen {
            on_screen.turn(is_on, panels.contains(panel));
        }
        true
    }

    /// A panic elsewhere leaves screens that are still ones.
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Screen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let screen = self.screens.lock().remove(&self.id);
        for (on_screen, mut is_on) in screen.into_iter().flat_map(BTreeMap::into_values) {
            on_screen.turn(&mut is_on, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_on_screen_as_long_as_one_stream_shows_it() {
        let screens = Screens::default();
        let (value, rate) = (OnScreen::default(), OnScreen::default());
        let open = || {
            let panels = [("value", &value), ("rate", &rate)];
            screens.open(
                panels
                    .map(|(id, on_screen)| (id.to_owned(), on_screen.clone()))
                    .into_iter(),
            )
        };
        let (first, second) = (open(), open());
        assert!(!value.is_any());
        let show = |stream: &Shown, panels: &[&str]| {
            let panels: Vec<String> = panels.iter().map(|&panel| panel.to_owned()).collect();
            screens.show(stream.id, &panels)
        };
        assert!(show(&first, &["value", "nothing of the kind"]) && show(&first, &["value"]));
        assert!(show(&second, &["value", "rate"]));
        assert!(value.is_any() && rate.is_any());
        assert!(show(&second, &["value"]));
        assert!(value.is_any() && !rate.is_any());
        drop(first);
        assert!(value.is_any());
        let gone = second.id;
        drop(second);
        assert!(!value.is_any());
        assert!(!screens.show(gone, &["value".to_owned()]));
    }
}
