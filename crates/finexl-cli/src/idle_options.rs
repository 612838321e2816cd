//! Options that a command line states although they can have no effect there: they are refused, since whoever states one
//! expects something of it.

use clap::ArgMatches;
use clap::parser::ValueSource;

/// What stands in a command line beside which options have no effect.
struct Rule {
    /// The verb, and the one below it.
    verb: &'static [&'static str],
    /// One of these is stated,
    with: &'static [&'static str],
    /// and none of these.
    without: &'static [&'static str],
    /// These have no effect then.
    idle: &'static [&'static str],
    /// Why, to stand behind "since".
    since: &'static str,
}

/// What only adapters on a generator have.
const OF_ADAPTERS: &[&str] = &[
    "scale",
    "scales",
    "snapshots",
    "against",
    "adapter_prompt",
    "adapter_prompt_both",
    "private",
];

const RULES: &[Rule] = &[
    Rule {
        verb: &["explain"],
        with: &["base_features"],
        without: &[],
        idle: &[
            "prompts",
            "skip_bad",
            "fit",
            "exclude",
            "encoder",
            "no_cache",
            "device",
            "steps",
            "guidance",
            "image_seed",
            "negative",
            "size",
            "scheduler",
            "prediction",
            "clip_skip",
            "latents",
            "direction",
            "distance",
        ],
        since: "embeddings are taken as they are",
    },
    Rule {
        verb: &["explain"],
        with: &["base", "personalized", "base_features"],
        without: &[],
        idle: OF_ADAPTERS,
        since: "what is there is compared as it is and nothing is generated",
    },
    Rule {
        verb: &["explain"],
        with: &["adapter", "concept", "direction", "model"],
        without: &["base", "personalized"],
        idle: &["pair", "fit", "skip_bad", "exclude"],
        since: "generated pictures are made in pairs",
    },
    Rule {
        verb: &["explain"],
        with: &["concept", "direction"],
        without: &["adapter"],
        idle: OF_ADAPTERS,
        since: "there is no adapter",
    },
    Rule {
        verb: &["explain"],
        with: &["adapter"],
        without: &["html", "card"],
        idle: &["private"],
        since: "what an adapter holds stands in page and card alone (--html, --card)",
    },
    Rule {
        verb: &["generate"],
        with: &["concept", "direction"],
        without: &["adapter"],
        idle: &["scale", "adapter_prompt"],
        since: "there is no adapter",
    },
    Rule {
        verb: &["embed"],
        with: &["texts"],
        without: &[],
        idle: &["skip_bad", "exclude"],
        since: "texts are read from one file",
    },
    Rule {
        verb: &["data", "render"],
        with: &["subjects"],
        without: &[],
        idle: &["scenes", "split", "seed"],
        since: "every subject is rendered once, and nothing is drawn at random",
    },
];

/// What is wrong with a command line that states options without effect; nothing where there are none.
pub(crate) fn problem(matches: &ArgMatches) -> Option<String> {
    let (path, matches) = verb(matches)?;
    RULES
        .iter()
        .filter(|rule| rule.verb == path.as_slice())
        .find_map(|rule| rule.broken_by(matches))
}

/// The verb with the one below it, and what it was given.
fn verb(matches: &ArgMatches) -> Option<(Vec<&str>, &ArgMatches)> {
    let (name, mut inner) = matches.subcommand()?;
    let mut path = vec![name];
    while let Some((name, below)) = inner.subcommand() {
        path.push(name);
        inner = below;
    }
    Some((path, inner))
}

impl Rule {
    fn broken_by(&self, matches: &ArgMatches) -> Option<String> {
        let is_stated = |id: &&&str| {
            let known = matches.ids().any(|known| known.as_str() == **id);
            known && matches.value_source(id) == Some(ValueSource::CommandLine)
        };
        if !self.with.iter().any(|id| is_stated(&id))
            || self.without.iter().any(|id| is_stated(&id))
        {
            return None;
        }
        let idle: Vec<String> = (self.idle.iter())
            .filter(is_stated)
            .map(|id| format!("--{}", id.replace('_', "-")))
            .collect();
        let (last, first) = idle.split_last()?;
        let (names, verb, them) = match first {
            [] => (last.clone(), "has", "it"),
            first => (format!("{} and {last}", first.join(", ")), "have", "them"),
        };
        Some(format!(
            "{names} {verb} no effect here, since {}; leave {them} out",
            self.since
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::CommandFactory;

    fn of(line: &str) -> Option<String> {
        let matches = Arguments::command().try_get_matches_from(line.split_whitespace());
        matches.ok().as_ref().and_then(problem)
    }

    #[test]
    fn idle_options_are_named() {
        assert_eq!(
            of("finexl explain --base a --personalized b --fit crop"),
            None
        );
        assert_eq!(
            of("finexl explain --adapter a --scale 2 --seed 3 --top 3"),
            None
        );
        assert_eq!(of("finexl embed --images a --out b --exclude c"), None);
        let text = of("finexl explain --adapter a --fit crop --skip-bad").unwrap_or_default();
        assert_eq!(
            text,
            "--fit and --skip-bad have no effect here, since generated pictures are made in pairs; leave them out"
        );
        for (line, option) in [
            ("explain --base a --personalized b --private", "--private"),
            ("explain --base a --personalized b --against c", "--against"),
            (
                "explain --base-features a --personalized-features b --concept-features c --encoder d",
                "--encoder",
            ),
            ("explain --adapter a --private", "--private"),
            ("embed --texts a --out b --skip-bad", "--skip-bad"),
            ("data render a --subjects --scenes 3", "--scenes"),
        ] {
            let text = of(&format!("finexl {line}")).unwrap_or_default();
            assert!(
                text.starts_with(&format!("{option} has no effect")),
                "{line}: {text}"
            );
        }
    }

    #[test]
    fn rules_name_options_that_are_there() {
        for rule in RULES {
            let mut command = Arguments::command();
            for name in rule.verb {
                let below = command.find_subcommand(name).cloned();
                command = below.unwrap_or_else(|| unreachable!("{name}"));
            }
            for id in [rule.with, rule.without, rule.idle].concat() {
                let known = command
                    .get_arguments()
                    .any(|argument| argument.get_id() == id);
                assert!(known, "{id} of {:?}", rule.verb);
            }
        }
    }
}
