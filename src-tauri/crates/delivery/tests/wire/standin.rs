//! A stand-in for an S3 store: one bucket, `media`, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_types::base64;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};
use md5::{Digest, Md5};
use tokio::net::TcpListener;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) op: &'static str,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) len: usize,
    pub(crate) md5: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn part(&self) -> u32 {
        self.query["partNumber"].parse().unwrap()
    }
}

/// What to do to a request instead of answering it properly.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Answer with this status and code, and do nothing.
    Refuse(u16, &'static str),
    /// Answer 200 with an error in the body, and do nothing.
    ErrorIn200(&'static str),
    /// Cut the connection, and do nothing.
    Cut,
    /// Do what was asked, then cut the connection.
    DoAndCut,
    /// Do what was asked, then answer with 500.
    DoAndFail,
    /// Never answer.
    Hang,
    /// Begin an answer and never end it.
    Trickle,
    /// Answer with what is no S3.
    Gibberish,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) etag: String,
    pub(crate) headers: HeaderMap,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) parts: BTreeMap<u32, Object>,
    pub(crate) headers: HeaderMap,
}

pub(crate) type Watch = Box<dyn FnMut(&Seen, &mut BTreeMap<String, Object>) + Send>;

#[derive(Default)]
pub(crate) struct Store {
    pub(crate) seen: Vec<Seen>,
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    faults: Vec<(&'static str, u32, Fault)>,
    /// Added to every list of parts as it is.
    pub(crate) extra_parts: String,
    pub(crate) hide_etags: bool,
    /// Called with each request before it is done; may meddle with the objects.
    pub(crate) watch: Option<Watch>,
    made: u32,
}

#[derive(Clone)]
pub(crate) struct Standin {
    pub(crate) url: String,
    store: Arc<Mutex<Store>>,
}

impl Standin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let standin = Self {
            url,
            store: Arc::default(),
        };
        let app = standin.app();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        standin
    }

    pub(crate) fn app(&self) -> Router {
        Router::new()
            .fallback(answer)
            .with_state(self.store.clone())
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Misbehaves at the next `times` requests of an operation.
    pub(crate) fn fault(&self, op: &'static str, times: u32, fault: Fault) {
        self.store().faults.push((op, times, fault));
    }

    pub(crate) fn ops(&self) -> Vec<&'static str> {
        self.store().seen.iter().map(|seen| seen.op).collect()
    }

    pub(crate) fn count(&self, op: &str) -> usize {
        self.ops().iter().filter(|seen| **seen == op).count()
    }

    pub(crate) fn seen(&self, op: &str) -> Vec<Seen> {
        self.store()
            .seen
            .iter()
            .filter(|seen| seen.op == op)
            .cloned()
            .collect()
    }

    pub(crate) fn forget_requests(&self) {
        self.store().seen.clear();
    }
}

fn operation(method: &Method, key: &str, query: &BTreeMap<String, String>) -> &'static str {
    let has = |name: &str| query.contains_key(name);
    match *method {
        Method::PUT if has("partNumber") => "UploadPart",
        Method::PUT => "PutObject",
        Method::POST if has("uploads") => "CreateMultipartUpload",
        Method::POST => "CompleteMultipartUpload",
        Method::DELETE if has("uploadId") => "AbortMultipartUpload",
        Method::DELETE => "DeleteObject",
        Method::HEAD if key.is_empty() => "HeadBucket",
        Method::HEAD => "HeadObject",
        _ if has("uploads") => "ListMultipartUploads",
        _ if has("uploadId") => "ListParts",
        _ => "ListObjectsV2",
    }
}

async fn answer(State(store): State<Arc<Mutex<Store>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let (bucket, key) = path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or((path.trim_matches('/'), ""));
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let op = operation(&parts.method, key, &query);
    let bytes = axum::body::to_bytes(body, 64 << 20)
        .await
        .unwrap_or_default();
    let md5 = base64::encode(Md5::digest(&bytes));
    let seen = Seen {
        op,
        path: path.clone(),
        query,
        headers: parts.headers,
        len: bytes.len(),
        md5,
    };
    let fault = {
        let store = &mut *store.lock().unwrap();
        if let Some(watch) = &mut store.watch {
            watch(&seen, &mut store.objects);
        }
        store.seen.push(seen.clone());
        store.next_fault(op)
    };
    match fault {
        Some(Fault::Refuse(status, code)) => return refusal(status, code),
        Some(Fault::ErrorIn200(code)) => return refusal(200, code),
        Some(Fault::Gibberish) => {
            return (StatusCode::OK, "<html>Sign in to the hotel's network").into_response();
        }
        Some(Fault::Trickle) => {
            return Response::new(Body::from_stream(futures_util::stream::pending::<
                Result<Bytes, axum::Error>,
            >()));
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Cut) => return cut(),
        _ => {}
    }
    let done = match bucket {
        "media" => store.lock().unwrap().serve(&seen, key, &bytes),
        _ => refusal(404, "NoSuchBucket"),
    };
    match fault {
        Some(Fault::DoAndCut) => cut(),
        Some(Fault::DoAndFail) => refusal(500, "InternalError"),
        _ => done,
    }
}

/// Ends the connection's task without a word and without a panic message.
fn cut() -> Response {
    std::panic::resume_unwind(Box::new("cut"))
}

fn refusal(status: u16, code: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>told so</Message></Error>"
    );
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn xml(root: &str, inner: &str) -> Response {
    format!("<?xml version=\"1.0\"?><{root}>{inner}</{root}>").into_response()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Store {
    fn next_fault(&mut self, op: &str) -> Option<Fault> {
        let (_, times, fault) = self
            .faults
            .iter_mut()
            .find(|(of, times, _)| *of == op && *times > 0)?;
        *times -= 1;
        Some(*fault)
    }

    /// Opens an upload as a crashed client would leave it.
    pub(crate) fn leave_upload(&mut self, key: &str, parts: &[(u32, &[u8])]) -> String {
        self.made += 1;
        let id = format!("upload-{}", self.made);
        let mut upload = Upload {
            key: key.into(),
            ..Upload::default()
        };
        for (number, bytes) in parts {
            let object = Object {
                bytes: bytes.to_vec(),
                etag: hex(Md5::digest(bytes)),
                headers: HeaderMap::new(),
            };
            upload.parts.insert(*number, object);
        }
        self.uploads.insert(id.clone(), upload);
        id
    }

    fn serve(&mut self, seen: &Seen, key: &str, bytes: &Bytes) -> Response {
        if seen
            .header("content-md5")
            .is_some_and(|sent| sent != seen.md5)
        {
            return refusal(400, "BadDigest");
        }
        let object = || Object {
            bytes: bytes.to_vec(),
            etag: hex(Md5::digest(bytes)),
            headers: seen.headers.clone(),
        };
        let upload_id = seen.query.get("uploadId").cloned().unwrap_or_default();
        match seen.op {
            "HeadBucket" => StatusCode::OK.into_response(),
            "HeadObject" => self.head(key),
            "PutObject"
                if seen.header("if-none-match").is_some() && self.objects.contains_key(key) =>
            {
                refusal(412, "PreconditionFailed")
            }
            "PutObject" => {
                let object = object();
                let etag = format!("\"{}\"", object.etag);
                self.objects.insert(key.into(), object);
                [(header::ETAG, etag)].into_response()
            }
            "DeleteObject" => {
                self.objects.remove(key);
                StatusCode::NO_CONTENT.into_response()
            }
            "CreateMultipartUpload" => {
                let id = self.leave_upload(key, &[]);
                self.uploads.get_mut(&id).unwrap().headers = seen.headers.clone();
                xml(
                    "InitiateMultipartUploadResult",
                    &format!("<UploadId>{id}</UploadId>"),
                )
            }
            "ListObjectsV2" => xml(
                "ListBucketResult",
                "<KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>",
            ),
            "ListMultipartUploads" => self.list_uploads(&seen.query),
            _ => match self.uploads.get_mut(&upload_id) {
                None => refusal(404, "NoSuchUpload"),
                Some(upload) => match seen.op {
                    "UploadPart" => {
                        let part = object();
                        let etag = format!("\"{}\"", part.etag);
                        upload.parts.insert(seen.part(), part);
                        [(header::ETAG, etag)].into_response()
                    }
                    "ListParts" => self.list_parts(&upload_id),
                    "AbortMultipartUpload" => {
                        self.uploads.remove(&upload_id);
                        StatusCode::NO_CONTENT.into_response()
                    }
                    _ => self.complete(&upload_id),
                },
            },
        }
    }

    fn head(&self, key: &str) -> Response {
        let Some(object) = self.objects.get(key) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut answer = Response::new(Body::from(object.bytes.clone()));
        answer.headers_mut().insert(
            header::ETAG,
            format!("\"{}\"", object.etag).parse().unwrap(),
        );
        for (name, value) in &object.headers {
            if name.as_str().starts_with("x-amz-meta-") || name == header::CONTENT_TYPE {
                answer.headers_mut().insert(name, value.clone());
            }
        }
        answer
    }

    fn list_uploads(&self, query: &BTreeMap<String, String>) -> Response {
        let ours = self
            .uploads
            .iter()
            .filter(|(_, upload)| upload.key.starts_with(&query["prefix"]));
        let list: String = ours
            .map(|(id, upload)| {
                format!(
                    "<Upload><Key>{}</Key><UploadId>{id}</UploadId></Upload>",
                    upload.key
                )
            })
            .collect();
        xml(
            "ListMultipartUploadsResult",
            &format!("{list}<IsTruncated>false</IsTruncated>"),
        )
    }

    /// Two parts to a page, so that paging is always in play.
    fn list_parts(&self, id: &str) -> Response {
        let after = self
            .seen
            .last()
            .and_then(|seen| seen.query.get("part-number-marker")?.parse().ok())
            .unwrap_or(0);
        let left: Vec<(&u32, &Object)> = self.uploads[id].parts.range(after + 1..).collect();
        let page: String = left
            .iter()
            .take(2)
            .map(|(number, part)| self.list_entry(**number, part))
            .collect();
        let more = left.len() > 2;
        let next = left
            .iter()
            .take(2)
            .next_back()
            .map_or(0, |(number, _)| **number);
        let tail = format!(
            "<NextPartNumberMarker>{next}</NextPartNumberMarker><IsTruncated>{more}</IsTruncated>"
        );
        xml(
            "ListPartsResult",
            &format!("{page}{}{tail}", self.extra_parts),
        )
    }

    fn list_entry(&self, number: u32, part: &Object) -> String {
        let etag = if self.hide_etags {
            String::new()
        } else {
            format!("<ETag>\"{}\"</ETag>", part.etag)
        };
        format!(
            "<Part><PartNumber>{number}</PartNumber><Size>{}</Size>{etag}</Part>",
            part.bytes.len()
        )
    }

    fn complete(&mut self, id: &str) -> Response {
        let upload = self.uploads.remove(id).unwrap();
        let mut md5 = Md5::new();
        let mut object = Object {
            headers: upload.headers,
            ..Object::default()
        };
        for part in upload.parts.values() {
            md5.update(Md5::digest(&part.bytes));
            object.bytes.extend_from_slice(&part.bytes);
        }
        object.etag = format!("{}-{}", hex(md5.finalize()), upload.parts.len());
        let answer = format!("<ETag>\"{}\"</ETag>", object.etag);
        self.objects.insert(upload.key, object);
        xml("CompleteMultipartUploadResult", &answer)
    }
}
