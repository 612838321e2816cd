//! YAML with the places of its values, so that a text can be changed without writing it anew.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::ops::Range;

/// Nesting that is followed; front matter has two or three levels.
const DEEPEST: usize = 64;

/// A value and the bytes that it takes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub value: Value,
    pub bytes: Range<usize>,
}

/// A value; numbers and the like are their text.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Text, and whether it stands without quotes.
    Text(String, bool),
    List(Vec<Place>),
    Map(Vec<(Place, Place)>),
    /// Another value's name.
    Alias,
}

impl PartialEq for Place {
    /// Wherever they are.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a, _), Self::Text(b, _)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Alias, Self::Alias) => true,
            _ => false,
        }
    }
}

impl Place {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// Whether it is written as nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Text(text, true) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// The only document of a text; nothing where there is none.
///
/// # Errors
/// What is wrong, with its line.
pub(crate) fn parse(text: &str) -> Result<Option<Place>, String> {
    let mut reader = Reader {
        text,
        parser: Parser::new_from_str(text),
        offsets: text.char_indices().map(|(byte, _)| byte).collect(),
        length: text.len(),
    };
    let mut document = None;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(document),
            (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
            (Event::DocumentStart(_), _) if document.is_none() => {
                let first = reader.next()?;
                document = Some(reader.value(first, DEEPEST)?);
            }
            (_, span) => return Err(format!("line {}: a second document", span.start.line())),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// First byte of every character.
    offsets: Vec<usize>,
    length: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), String> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(format!("line {}: {}", error.marker().line(), error.info())),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn byte(&self, character: usize) -> usize {
        self.offsets.get(character).copied().unwrap_or(self.length)
    }

    fn value(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Result<Place, String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!(
                "line {}: it is nested too deeply",
                span.start.line()
            ));
        };
        let start = self.byte(span.start.index());
        let mut end = self.byte(span.end.index());
        let value = match event {
            Event::Scalar(text, style, ..) => {
                end = quoted_end(self.text, start).unwrap_or(end);
                Value::Text(text.into_owned(), style == ScalarStyle::Plain)
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, last) => {
                            end = self.byte(last.end.index());
                            break;
                        }
                        item => items.push(self.value(item, depth)?),
                    }
                }
                Value::List(items)
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, last) => {
                            end = self.byte(last.end.index());
                            break;
                        }
                        key => {
                            let key = self.value(key, depth)?;
                            let value = self.next()?;
                            entries.push((key, self.value(value, depth)?));
                        }
                    }
                }
                Value::Map(entries)
            }
            Event::Alias(_) => Value::Alias,
            _ => return Err(format!("line {}: it ends too early", span.start.line())),
        };
        Ok(Place {
            value,
            bytes: start..end.max(start),
        })
    }
}

/// Where a scalar in quotes ends, which the parser says with what follows it; nothing for one without quotes.
fn quoted_end(text: &str, start: usize) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(start).peekable();
    let (_, quote) = bytes.next().filter(|(_, b)| matches!(b, b'"' | b'\''))?;
    while let Some((at, byte)) = bytes.next() {
        let escaped = (quote == b'"' && byte == b'\\')
            || (quote == b'\'' && byte == quote && bytes.peek().is_some_and(|(_, b)| *b == quote));
        match byte {
            _ if escaped => drop(bytes.next()),
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
