//! The question about a pair, and how its answer is read.

use super::{ImagePair, PairAnswer, Proposal};
use crate::EvalError;
use data_encoding::BASE64;
use finexl_core::experiment::EndpointChoice;
use finexl_data::encode::png_bytes;
use finexl_data::image::Image;
use finexl_data::vocabulary::Concept;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// Version of the question and of how its answer is read.
pub(super) const VERSION: u32 = 1;

/// The body of a chat completion that asks about one pair; equal questions are equal values.
///
/// # Errors
/// An image that has no PNG form.
pub(super) fn question(
    choice: &EndpointChoice,
    pair: &ImagePair<'_>,
    offer: Option<&[Concept]>,
) -> Result<Value, EvalError> {
    let content = json!([
        { "type": "text", "text": words(pair.prompt, offer) },
        { "type": "image_url", "image_url": { "url": data_url(pair.base)? } },
        { "type": "image_url", "image_url": { "url": data_url(pair.personalized)? } },
    ]);
    Ok(json!({
        "model": choice.model,
        "temperature": 0,
        "max_tokens": choice.answer_tokens,
        "messages": [{ "role": "user", "content": content }],
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": "aspects", "strict": true, "schema": schema(offer) },
        },
    }))
}

fn words(prompt: Option<&str>, offer: Option<&[Concept]>) -> String {
    let made = prompt.map_or(String::new(), |p| {
        format!(" Both were made from the prompt \"{p}\".")
    });
    let among = match offer {
        None => "Name aspects in one to three words each, such as \"vivid\" or \"bold outlines\"."
            .to_string(),
        Some(concepts) => {
            let names = concepts.iter().map(|c| match &c.phrases[..] {
                [] | [_] => c.name.clone(),
                [_, synonyms @ ..] => format!("{} ({})", c.name, synonyms.join(", ")),
            });
            let names = names.collect::<Vec<_>>().join("; ");
            format!(
                "Choose among these aspects only (synonyms in brackets) and give their names as they \
                 stand before the brackets: {names}."
            )
        }
    };
    format!(
        "The first picture was made by an image generator, the second by a personalized version of \
         it.{made} Which aspects of visual style does either picture show, content aside? {among} For \
         every aspect that either picture shows say how strongly the first shows it (base) and how \
         strongly the second (personalized), from 0, not at all, to 1, as strongly as can be. Leave out \
         what neither shows. Answer in JSON."
    )
}

/// `{"aspects": [{"aspect": "vivid", "base": 0, "personalized": 0.7}]}`
fn schema(offer: Option<&[Concept]>) -> Value {
    let mut aspect = json!({ "type": "string" });
    if let Some(concepts) = offer {
        let names: Vec<&str> = concepts.iter().map(|c| c.name.as_str()).collect();
        aspect["enum"] = json!(names);
    }
    let entry = json!({
        "type": "object",
        "properties": {
            "aspect": aspect,
            "base": { "type": "number" },
            "personalized": { "type": "number" },
        },
        "required": ["aspect", "base", "personalized"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": { "aspects": { "type": "array", "items": entry } },
        "required": ["aspects"],
        "additionalProperties": false,
    })
}

fn data_url(image: &Image) -> Result<String, EvalError> {
    let png = png_bytes(Path::new("the image of a question"), image)?;
    Ok(format!("data:image/png;base64,{}", BASE64.encode(&png)))
}

#[derive(Deserialize)]
struct Answer {
    aspects: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    aspect: String,
    base: f64,
    personalized: f64,
}

/// Reads the words of an answer; some servers put the JSON into other words.
pub(super) fn read(content: &str) -> PairAnswer {
    let start = content.find('{').unwrap_or(0);
    let end = content.rfind('}').map_or(content.len(), |end| end + 1);
    let answer: Answer = match serde_json::from_str(content.get(start..end).unwrap_or_default()) {
        Ok(answer) => answer,
        Err(error) => {
            return PairAnswer::Unparsed(format!("it is not the JSON asked for ({error})"));
        }
    };
    let outside = |e: &&Entry| {
        [e.base, e.personalized]
            .iter()
            .any(|s| !(0.0..=1.0).contains(s))
    };
    if let Some(entry) = answer.aspects.iter().find(outside) {
        return PairAnswer::Unparsed(format!("a score of \"{}\" is not in [0, 1]", entry.aspect));
    }
    let proposals = answer.aspects.into_iter().map(|entry| Proposal {
        phrase: entry.aspect,
        base: entry.base,
        personalized: entry.personalized,
    });
    PairAnswer::Aspects(proposals.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn answers_are_read_or_the_reason_is_told() {
        let good = r#"{"aspects": [{"aspect": "warm", "base": 0, "personalized": 0.5}]}"#;
        let expected = PairAnswer::Aspects(vec![Proposal {
            phrase: "warm".to_string(),
            base: 0.0,
            personalized: 0.5,
        }]);
        assert_eq!(read(good), expected);
        assert_eq!(read(&format!("```json\n{good}\n```")), expected);
        assert_eq!(read(r#"{"aspects": []}"#), PairAnswer::Aspects(Vec::new()));
        for bad in [
            "",
            "I cannot help with that.",
            "} {",
            r#"{"aspects": [{"aspect": "warm", "base": 0, "perso"#,
            r#"{"aspects": [{"aspect": "warm", "base": 0, "personalized": 7}]}"#,
            r#"{"aspects": [{"aspect": "warm", "base": 0}]}"#,
        ] {
            assert!(matches!(read(bad), PairAnswer::Unparsed(_)), "{bad}");
        }
    }

    #[test]
    fn an_offer_stands_in_the_words_and_in_the_schema() {
        let mut warm = Concept::phrase("warm");
        warm.phrases.push("golden".to_string());
        let offer = [warm, Concept::phrase("dark")];
        let text = words(Some("a cat"), Some(&offer));
        assert!(
            text.contains("warm (golden); dark.") && text.contains("\"a cat\""),
            "{text}"
        );
        let names = &schema(Some(&offer))["properties"]["aspects"]["items"]["properties"]["aspect"];
        assert_eq!(names["enum"], json!(["warm", "dark"]));
        assert!(schema(None).to_string().find("enum").is_none());
        let url = data_url(&Image::filled(8, 8, [0.0, 0.5, 1.0])).unwrap();
        assert!(url.starts_with("data:image/png;base64,iVBOR"), "{url}");
    }
}
