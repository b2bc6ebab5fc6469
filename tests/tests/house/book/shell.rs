//! Lines of a shell, taken apart: enough for what stands in pages, no more.
//!
//! A placeholder (`<your host>`) is a part of its word. What a shell would do first (`$(…)`, `<(…)`) stays as it is written.

/// A command: its words without quotes, and the line of the block on which it begins.
#[derive(Debug, PartialEq)]
pub(super) struct Simple {
    pub(super) line: usize,
    pub(super) words: Vec<String>,
}

/// Words that only say how commands hang together.
const JOINTS: &[&str] = &["do", "done", "then", "else", "fi"];

/// All commands of a block, in order.
pub(super) fn commands(block: &str) -> Vec<Simple> {
    let mut reader = Reader {
        letters: block.chars().collect(),
        at: 0,
        line: 0,
    };
    let (mut all, mut words, mut begun) = (Vec::new(), Vec::new(), 0);
    loop {
        let part = reader.next();
        match part {
            Part::Word(word) => {
                if words.is_empty() {
                    begun = reader.line;
                }
                words.push(word);
            }
            Part::Into => drop(reader.next()),
            Part::Break | Part::End => {
                all.extend(command(std::mem::take(&mut words)).map(|words| Simple { line: begun, words }));
                if matches!(part, Part::End) {
                    return all;
                }
            }
        }
    }
}

/// What is run: without joints, a loop's head and variables that are set before it.
fn command(words: Vec<String>) -> Option<Vec<String>> {
    let is_set = |word: &String| {
        let name = word.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter == '_')
        })
    };
    let words: Vec<String> = words
        .into_iter()
        .skip_while(|word| JOINTS.contains(&word.as_str()) || is_set(word))
        .collect();
    let is_run = words.first().is_some_and(|first| first != "for");
    is_run.then_some(words)
}

enum Part {
    Word(String),
    /// `>`, `<`: what follows is a file.
    Into,
    /// The command ends here.
    Break,
    End,
}

struct Reader {
    letters: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(letter == '\n');
        Some(letter)
    }

    fn next(&mut self) -> Part {
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => return Part::End,
                (Some('\\'), Some('\n')) => drop((self.take(), self.take())),
                (Some(' ' | '\t'), _) => drop(self.take()),
                (Some('#'), _) => {
                    while self.peek(0).is_some_and(|letter| letter != '\n') {
                        self.take();
                    }
                }
                (Some('\n' | ';' | '|' | '&'), _) => {
                    self.take();
                    return Part::Break;
                }
                (Some('>'), _) => {
                    while self.peek(0) == Some('>') {
                        self.take();
                    }
                    return Part::Into;
                }
                (Some('<'), Some(letter)) if letter != '(' && !letter.is_alphabetic() => {
                    self.take();
                    return Part::Into;
                }
                _ => return Part::Word(self.word()),
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.peek(0) {
            match letter {
                ' ' | '\t' | '\n' | ';' | '|' | '&' | '>' => break,
                '\'' | '"' => {
                    self.take();
                    while let Some(inner) = self.take().filter(|inner| *inner != letter) {
                        word.push(inner);
                    }
                }
                '<' | '$' if self.peek(1) == Some('(') => self.until(')', &mut word),
                '<' if self.peek(1).is_some_and(char::is_alphabetic) => self.until('>', &mut word),
                '\\' if self.peek(1) == Some('\n') => break,
                _ => word.extend(self.take()),
            }
        }
        word
    }

    /// Takes all up to `end`, and that.
    fn until(&mut self, end: char, word: &mut String) {
        while let Some(letter) = self.take() {
            word.push(letter);
            if letter == end {
                return;
            }
        }
    }
}

#[test]
fn commands_are_taken_apart_as_a_shell_would() {
    let block = "A=<the board's address> node x.mjs # says; more\nomni a --b 'c d' | grep \"e; f\"; df -h <dir> </dev/null >out\n\
                 for s in a b; do\n  docker build $s \\\n    --tag x\ndone\nopenssl -extfile <(printf \"x\") -out y\n";
    let all = commands(block);
    let told: Vec<(usize, String)> = all
        .iter()
        .map(|simple| (simple.line, simple.words.join("|")))
        .collect();
    let expected = [
        (0, "node|x.mjs"),
        (1, "omni|a|--b|c d"),
        (1, "grep|e; f"),
        (1, "df|-h|<dir>"),
        (3, "docker|build|$s|--tag|x"),
        (6, "openssl|-extfile|<(printf \"x\")|-out|y"),
    ];
    assert_eq!(told, expected.map(|(line, words)| (line, words.to_owned())));
}
