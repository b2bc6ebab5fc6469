//! The page's types are written from these, and the file in the page says the same.
#![allow(clippy::unwrap_used)]
use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/api/generated.ts");

fn declarations() -> String {
    let config = ts_rs::Config::default();
    let mut text = String::from(
        "// Made by `cargo test -p omni-reporting the_pages_types` from crates/omni-reporting/src/api.rs. Do not edit.\n",
    );
    for declaration in [
        BoardList::decl(&config),
        BoardRef::decl(&config),
        Manifest::decl(&config),
        Variable::decl(&config),
        Section::decl(&config),
        Panel::decl(&config),
        Span::decl(&config),
        FilterOnClick::decl(&config),
        Drill::decl(&config),
        List::decl(&config),
        ListColumn::decl(&config),
        ListTotal::decl(&config),
        ListParameter::decl(&config),
        ListResult::decl(&config),
        Company::decl(&config),
        OptionList::decl(&config),
        OptionItem::decl(&config),
        PanelResult::decl(&config),
        PanelState::decl(&config),
        Column::decl(&config),
        PanelError::decl(&config),
        Hello::decl(&config),
        OnScreen::decl(&config),
        Fresh::decl(&config),
        Ping::decl(&config),
        Reload::decl(&config),
        Setup::decl(&config),
        SetupSource::decl(&config),
        TestSent::decl(&config),
        ErrorBody::decl(&config),
        ErrorDetail::decl(&config),
    ] {
        text.push_str("\nexport ");
        // The generator leaves blanks at the ends of lines.
        let lines: Vec<_> = declaration.lines().map(str::trim_end).collect();
        text.push_str(&lines.join("\n"));
        text.push('\n');
    }
    text
}

#[test]
fn the_pages_types_are_these() {
    let wanted = declarations();
    if std::fs::read_to_string(FILE).unwrap_or_default() != wanted {
        std::fs::create_dir_all(std::path::Path::new(FILE).parent().unwrap()).unwrap();
        std::fs::write(FILE, wanted).unwrap();
        panic!("web/src/api/generated.ts was out of date and has been written anew: commit it");
    }
}
