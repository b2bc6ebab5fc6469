//! The lines in which two texts differ: what is equal at both ends left out, and the longest common rest kept.

/// Lines compared one with another; longer texts are told by their number of lines alone.
const LINES_MAX: usize = 1_500;
/// Characters of a line that are shown.
const CHARS_MAX: usize = 160;

/// Removed and added lines with their numbers.
pub(super) fn changed(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail = old
        .iter()
        .skip(head)
        .rev()
        .zip(new.iter().skip(head).rev())
        .take_while(|(old, new)| old == new)
        .count();
    let middle = |lines: &[&'_ str]| lines.len() - head - tail;
    if middle(&old) > LINES_MAX || middle(&new) > LINES_MAX {
        return vec![format!("    {} lines became {}", old.len(), new.len())];
    }
    let old_part = old.get(head..old.len() - tail).unwrap_or_default();
    let new_part = new.get(head..new.len() - tail).unwrap_or_default();
    told(old_part, new_part, head)
}

/// Walks both along their longest common subsequence.
fn told(old: &[&str], new: &[&str], head: usize) -> Vec<String> {
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    let get = |common: &[u32], i: usize, j: usize| common.get(at(i, j)).copied().unwrap_or_default();
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            let longest = if left == right {
                get(&common, i + 1, j + 1) + 1
            } else {
                get(&common, i + 1, j).max(get(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(at(i, j)) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    let shown = |line: &str| line.chars().take(CHARS_MAX).collect::<String>();
    loop {
        match (old.get(i), new.get(j)) {
            (None, None) => return lines,
            (Some(left), Some(right)) if left == right => {
                i += 1;
                j += 1;
            }
            (Some(left), right) if right.is_none() || get(&common, i + 1, j) >= get(&common, i, j + 1) => {
                lines.push(format!("    {} - {}", head + i + 1, shown(left)));
                i += 1;
            }
            (_, Some(right)) => {
                lines.push(format!("    {} + {}", head + j + 1, shown(right)));
                j += 1;
            }
            (Some(_), None) => i += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let before = "a\nb\nc\nd\ne\n";
        let after = "a\nx\nc\nd\ny\ne\n";
        assert_eq!(changed(before, after), ["    2 - b", "    2 + x", "    5 + y"]);
        assert!(changed(before, before).is_empty());
    }
}
