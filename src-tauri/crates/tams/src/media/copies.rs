//! Which of an object's copies to read.

use tams_model::GetUrl;
use url::Url;

use crate::settings::StoragePreference;

/// The copies that can be read, best first: managed ones with their own permission, then as the user
/// prefers, then as the server lists them.
pub(crate) fn ranked(copies: &[GetUrl], prefer: &[StoragePreference]) -> Vec<GetUrl> {
    let mut usable: Vec<&GetUrl> = copies.iter().filter(|copy| is_usable(copy)).collect();
    usable.sort_by_key(|copy| {
        let managed = copy.controlled.unwrap_or(true);
        let signed = carries_permission(copy);
        let preferred = prefer
            .iter()
            .position(|wish| is_of(copy, wish))
            .unwrap_or(prefer.len());
        (!(managed && signed), preferred, !signed)
    });
    usable.into_iter().cloned().collect()
}

/// Whether the URL carries its own permission: said, or seen by its query.
pub(crate) fn carries_permission(copy: &GetUrl) -> bool {
    copy.presigned
        .unwrap_or_else(|| Url::parse(&copy.url).is_ok_and(|url| is_signed(&url)))
}

/// Whether a URL's query holds a signature: S3 versions 4 and 2, and what Google and Azure call it.
pub(crate) fn is_signed(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| {
        ["x-amz-signature", "signature", "x-goog-signature", "sig"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    })
}

fn is_usable(copy: &GetUrl) -> bool {
    // vasttams 6.0, quirk 6: it is signed for HEAD, a GET is refused.
    let for_head = copy
        .label
        .as_deref()
        .is_some_and(|label| label.to_ascii_lowercase().starts_with("head access"));
    !for_head
        && Url::parse(&copy.url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_of(copy: &GetUrl, wish: &StoragePreference) -> bool {
    match wish {
        StoragePreference::Label(label) => copy.label.as_deref() == Some(label),
        StoragePreference::Storage(id) => copy.storage_id == Some(*id),
        StoragePreference::Region(region) => copy.region.as_deref() == Some(region),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(name: &str, presigned: Option<bool>, controlled: Option<bool>) -> GetUrl {
        GetUrl {
            url: format!("https://s3/{name}"),
            label: Some(name.to_owned()),
            presigned,
            controlled,
            ..GetUrl::default()
        }
    }

    fn order(copies: &[GetUrl], prefer: &[StoragePreference]) -> Vec<String> {
        ranked(copies, prefer)
            .into_iter()
            .filter_map(|copy| copy.label)
            .collect()
    }

    #[test]
    fn the_best_copy_comes_first() {
        let copies = [
            copy("outside", Some(true), Some(false)),
            copy("plain", Some(false), None),
            copy("HEAD access for segment 1", Some(true), None),
            copy("far", Some(true), Some(true)),
            copy("near", Some(true), None),
        ];
        assert_eq!(order(&copies, &[]), ["far", "near", "outside", "plain"]);
        let near = [StoragePreference::Label("near".to_owned())];
        assert_eq!(order(&copies, &near), ["near", "far", "outside", "plain"]);
    }

    #[test]
    fn permission_is_seen_where_it_is_not_said() {
        let mut signed = copy("v2", None, None);
        signed.url = "https://s3/a?AWSAccessKeyId=x&Signature=y&Expires=1".to_owned();
        assert!(carries_permission(&signed));
        signed.presigned = Some(false);
        assert!(!carries_permission(&signed));
        assert!(!carries_permission(&copy("plain", None, None)));
    }

    #[test]
    fn what_is_no_web_address_is_left_out() {
        let mut odd = copy("odd", Some(true), None);
        for url in ["", "file:///etc/passwd", "s3://bucket/key", "/relative"] {
            odd.url = url.to_owned();
            assert!(ranked(std::slice::from_ref(&odd), &[]).is_empty(), "{url}");
        }
    }
}
