//! Signatures of requests: SigV4 in the header, over the real hash of the body.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderName, HeaderValue};
use mediatime::Timestamp;

use crate::endpoint::Endpoint;
use crate::error::VastError;

/// Headers that make a request a signed one. `url` is the whole address as it will be sent, `headers`
/// what is to be signed besides, `host` at least.
pub(crate) fn signed_headers(
    endpoint: &Endpoint,
    now: Timestamp,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Vec<(HeaderName, HeaderValue)>, VastError> {
    let refuse = |reason: String| VastError::InvalidInput {
        what: format!("{method} {url}"),
        reason,
    };
    let token = endpoint
        .session_token
        .as_ref()
        .map(|token| token.expose().to_owned());
    let identity = Credentials::new(
        endpoint.access_key.clone(),
        endpoint.secret_key.expose(),
        token,
        None,
        "stringout",
    )
    .into();
    let mut settings = SigningSettings::default();
    // S3 takes paths as they are sent, and wants the hash in a header of its own.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let time = system_time(now).ok_or_else(|| refuse("the clock can't be right".into()))?;
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&endpoint.region)
        .name("s3")
        .time(time)
        .settings(settings)
        .build()
        .map_err(|wrong| refuse(wrong.to_string()))?
        .into();
    let request = SignableRequest::new(
        method,
        url,
        headers.iter().copied(),
        SignableBody::Bytes(body),
    )
    .map_err(|wrong| refuse(wrong.to_string()))?;
    let (signed, _) = sign(request, &params)
        .map_err(|wrong| refuse(wrong.to_string()))?
        .into_parts();
    let (headers, _) = signed.into_parts();
    headers
        .into_iter()
        .map(|header| {
            let mut value =
                HeaderValue::from_str(header.value()).map_err(|wrong| refuse(wrong.to_string()))?;
            value.set_sensitive(header.sensitive());
            Ok((HeaderName::from_static(header.name()), value))
        })
        .collect()
}

fn system_time(now: Timestamp) -> Option<SystemTime> {
    let nanos = u64::try_from(now.nanos()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn authorization(headers: &[(HeaderName, HeaderValue)]) -> String {
        let (_, value) = headers
            .iter()
            .find(|(name, _)| name == "authorization")
            .unwrap();
        value.to_str().unwrap().to_owned()
    }

    /// The examples of "Signature Calculations for the Authorization Header" in the S3 manual, 24 May
    /// 2013, whose keys are Amazon's for documentation.
    #[test]
    fn signs_as_the_manual_does() {
        let endpoint = Endpoint::new(
            "https://examplebucket.s3.amazonaws.com",
            "AKIAIOSFODNN7EXAMPLE",
            Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        );
        let now = Timestamp::from_secs(1_369_353_600).unwrap();
        let host = ("host", "examplebucket.s3.amazonaws.com");
        let url = |rest: &str| format!("https://examplebucket.s3.amazonaws.com{rest}");
        for (rest, headers, signature) in [
            (
                "/test.txt",
                vec![host, ("range", "bytes=0-9")],
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "/?lifecycle",
                vec![host],
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
        ] {
            let signed = signed_headers(&endpoint, now, "GET", &url(rest), &headers, b"").unwrap();
            let value = authorization(&signed);
            assert!(
                value.ends_with(&format!("Signature={signature}")),
                "{value}"
            );
        }
    }

    #[test]
    fn a_token_is_signed_and_not_shown() {
        let mut endpoint = Endpoint::new("http://h", "AKIA", Secret::new("hush"));
        endpoint.session_token = Some(Secret::new("the-token"));
        let now = Timestamp::from_secs(1_800_000_000).unwrap();
        let signed =
            signed_headers(&endpoint, now, "GET", "http://h/?x", &[("host", "h")], b"").unwrap();
        assert!(authorization(&signed).contains("x-amz-security-token"));
        let shown = format!("{signed:?}");
        assert!(
            !shown.contains("hush") && !shown.contains("the-token"),
            "{shown}"
        );
    }

    #[test]
    fn a_clock_before_1970_is_refused() {
        let endpoint = Endpoint::new("http://h", "AKIA", Secret::new("hush"));
        let now = Timestamp::from_secs(-1).unwrap();
        assert!(signed_headers(&endpoint, now, "GET", "http://h/", &[], b"").is_err());
    }
}
