//! Words and numbers as a person reads them: cleaned, shortened, wrapped, rounded.

/// Text on one line, without characters that could steer a terminal or reorder what is read.
///
/// Line ends and tabs become spaces; other control characters, the bidirectional controls and
/// the noncharacters that XML forbids become U+FFFD.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' => ' ',
            '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}' => '\u{fffd}',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// [`plain`] text safe between tags and inside quoted attributes of HTML.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// At most `width` characters, the last one `mark` where some were left out.
pub(crate) fn shorten(text: &str, width: usize, mark: char) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}{mark}", kept.trim_end())
}

/// Breaks text at spaces into lines of at most `width` characters; longer words are cut.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += word.len();
        line.extend(word);
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

/// Two decimals, never "-0.00"; powers of ten from a million on; "∞" for what nothing bounds.
pub(crate) fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.into();
    }
    if value.abs() >= 1e6 {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".into() } else { text }
}

/// "0.51 to 0.72".
pub(crate) fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", number(low), number(high))
}

/// A p-value: three decimals, "< 0.001" below, and more where rounding would make it look like one that passes.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".into()
    } else if p > 0.05 && p < 0.0505 {
        format!("{p:.5}")
    } else {
        format!("{p:.3}")
    }
}

/// A share of one as whole percent, "< 1%" where rounding would hide it.
pub(crate) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.01 {
        "< 1%".into()
    } else {
        format!("{:.0}%", share * 100.0)
    }
}

/// "1 pair", "25 pairs".
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_cannot_reach_a_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a\u{fffd}[31mb c");
        assert_eq!(plain("x\u{202e}y"), "x\u{fffd}y");
    }

    #[test]
    fn html_leaves_no_way_out() {
        assert_eq!(
            html("<b a='1'>&\"</b>"),
            "&lt;b a=&#39;1&#39;&gt;&amp;&quot;&lt;/b&gt;"
        );
    }

    #[test]
    fn wrapped_lines_keep_the_width_and_all_letters() {
        let text = "a longer sentence with an-extraordinarily-long-compound in it";
        for width in [1, 5, 12, 80] {
            let lines = wrap(text, width);
            assert!(lines.iter().all(|line| line.chars().count() <= width));
            let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert!(wrap("  ", 10).is_empty());
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(-0.001), "0.00");
        assert_eq!(p_value(0.0004), "< 0.001");
        assert_eq!(p_value(0.0504), "0.05040");
        assert_eq!(p_value(0.05), "0.050");
        assert_eq!(percent(0.004), "< 1%");
        assert_eq!(shorten("watercolour", 6, '…'), "water…");
        assert_eq!(count(1, "pair"), "1 pair");
    }
}
