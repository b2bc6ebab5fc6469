//! What `omni import` says: what is wrong on standard error, what was done on standard output.
use omni_loader::import::{Absent, Stored};
use sheet::{Faults, Sheet};
use template::Template;

/// A file that is refused.
pub(super) fn refused(shown: &str, faults: &Faults) {
    faulty(shown, faults);
    eprintln!(
        "omni: {}, so nothing was imported; correct the file, or import the others with --skip-invalid",
        rows_are(faults.rows, "cannot be taken")
    );
}

/// What was read of a file that is taken.
pub(super) fn judged(shown: &str, sheet: &Sheet) {
    faulty(shown, &sheet.faults);
    if !sheet.unused.is_empty() {
        println!("{shown}: not used: {}", sheet.unused.join(", "));
    }
    println!(
        "{shown}: {}",
        rows_are(sheet.rows.len() as u64, "can be imported")
    );
    if sheet.faults.rows > 0 {
        println!("{shown}: {}", rows_are(sheet.faults.rows, "left out"));
    }
}

/// What is there now.
pub(super) fn stored(template: &Template, company_id: u64, stored: Stored, absent: Absent) {
    println!(
        "imported {} into {} for company {company_id}",
        rows_are(stored.rows, "").trim_end(),
        template.import_table().map_or("", |table| &table.name),
    );
    let whole = whole(template).join(" and ");
    match (stored.absent, absent) {
        (None | Some(0), _) => {}
        (Some(count), Absent::TakeOut) => {
            println!(
                "{} of earlier imports, of the same {whole}, taken out",
                rows_are(count, "").trim_end()
            );
        }
        (Some(count), Absent::Keep) => {
            println!(
                "{} of earlier imports, of the same {whole}, not in this one: they stay, and count; --replace takes them out",
                rows_are(count, "").trim_end()
            );
        }
    }
}

/// What a file tells all of, as it calls it.
fn whole(template: &Template) -> Vec<&str> {
    let names = template
        .import_table()
        .map_or(&[][..], |table| table.whole.as_slice());
    let field = |name: &'_ String| {
        let column = template.columns().iter().find(|column| column.name == *name)?;
        column.source.keys().first().map(String::as_str)
    };
    names.iter().filter_map(field).collect()
}

fn faulty(shown: &str, faults: &Faults) {
    for fault in &faults.first {
        eprintln!("{shown}:{fault}");
    }
    let more = faults.count.saturating_sub(faults.first.len() as u64);
    if more > 0 {
        eprintln!("{shown}: and {more} more");
    }
}

fn rows_are(count: u64, what: &str) -> String {
    let rows = if count == 1 { "row" } else { "rows" };
    format!("{count} {rows} {what}")
}
