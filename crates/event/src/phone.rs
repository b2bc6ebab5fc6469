//! Phone numbers: E.164 where a number can be made so without guessing a country.
//!
//! Pipedrive's phones are free text. A number with `+` or `00` and 7 to 15 digits is international;
//! one without is left as it is, because its country is not known.

/// ITU E.164: at most 15 digits.
const DIGITS_MAX: usize = 15;
/// No international number is shorter.
const DIGITS_MIN: usize = 7;

/// `+<digits>` of an international number in any usual spelling; `None` when it cannot be made so.
pub fn to_e164(raw: &str) -> Option<String> {
    let number = without_extension(raw.trim()).replace("(0)", "");
    let rest = number.trim_start_matches(['(', ' ']);
    let rest = rest.strip_prefix('+').or_else(|| rest.strip_prefix("00"))?;
    let mut digits = String::with_capacity(rest.len() + 1);
    digits.push('+');
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' => {}
            _ => return None,
        }
    }
    let count = digits.len() - 1;
    let starts_well = !digits.starts_with("+0");
    ((DIGITS_MIN..=DIGITS_MAX).contains(&count) && starts_well).then_some(digits)
}

fn without_extension(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let cut = ["ext", "x", "#", ";"]
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min();
    cut.and_then(|at| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn international_numbers_become_e164() {
        for (raw, expected) in [
            ("+1234567890", "+1234567890"),
            ("+49 (0)30 1234-567", "+49301234567"),
            ("0049 30 1234567", "+49301234567"),
            ("(+372) 111.1111", "+3721111111"),
            (" +1 202/555 0100 ext. 12", "+12025550100"),
            ("+12025550100x9", "+12025550100"),
            ("+1\u{a0}202\u{a0}5550100;ext=5", "+12025550100"),
            ("+1234567", "+1234567"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(to_e164(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn what_names_no_country_is_not_guessed() {
        for raw in [
            "030 1234567",
            "",
            "+",
            "+123456",
            "+1234567890123456",
            "+49 call me",
            "+0301234567",
            "1234-5678",
            "++4930123456",
        ] {
            assert_eq!(to_e164(raw), None, "{raw}");
        }
    }
}
