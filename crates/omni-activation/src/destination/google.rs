//! What conversions of Google's ads have in common, whichever of its two APIs they are told by: accounts, access tokens, and
//! what of an event says which conversion it is and whose.

mod account;
mod click;
mod fields;
mod login;
mod status;

pub(super) use account::{Account, is_id};
pub(super) use click::{Click, ClickFields};
pub(super) use fields::{Fields, when};
pub(super) use login::{Access, GoogleLogin};
pub(super) use status::{again, busy, seconds, too_early};
