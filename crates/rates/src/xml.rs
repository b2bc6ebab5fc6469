//! The European Central Bank's reference rates: elements with `time` hold elements with `currency` and `rate`.
//!
//! Read by its attributes and not by its names, so that other banks' files of the same build are taken too.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::{Quote, RatesError, wrong};

pub(crate) fn read(text: &str) -> Result<Vec<Quote>, RatesError> {
    let mut reader = Reader::from_str(text);
    let mut quotes = Vec::new();
    let mut date = String::new();
    loop {
        let line = line_of(text, reader.buffer_position());
        let event = reader
            .read_event()
            .map_err(|error| wrong(line, format!("no XML: {error}")))?;
        match event {
            Event::Start(element) | Event::Empty(element) => {
                if let Some(time) = attribute(&element, "time") {
                    date = time;
                }
                let currency = attribute(&element, "currency");
                if let (Some(currency), Some(rate)) = (currency, attribute(&element, "rate")) {
                    let line = line_of(text, reader.buffer_position());
                    let quote = Quote::of(&currency, &date, &rate);
                    quotes.push(quote.map_err(|reason| wrong(line, reason))?);
                }
            }
            Event::Eof => return Ok(quotes),
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

fn line_of(text: &str, at: u64) -> u64 {
    let before = text.as_bytes().iter().take(at as usize);
    1 + before.filter(|byte| **byte == b'\n').count() as u64
}
