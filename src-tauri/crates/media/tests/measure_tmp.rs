//! Throw-away.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use conform::*; use media::*; use std::sync::Arc; use std::time::*; use tokio_util::sync::CancellationToken;
struct One(MediaObject);
impl ObjectSource for One { fn object(&self, _: &str) -> Result<MediaObject, MediaError> { Ok(self.0.clone()) } }
fn cpu() -> f64 { let s=std::fs::read_to_string("/proc/self/stat").unwrap(); let v:Vec<&str>=s.rsplit(')').next().unwrap().split_whitespace().collect(); (v[11].parse::<f64>().unwrap()+v[12].parse::<f64>().unwrap())/100.0 }
#[test] fn measure() {
  let path = std::path::PathBuf::from(std::env::var("HD").unwrap());
  let index = Arc::new(index_file(&path,&CancellationToken::new(),&mut |_,_|{}).unwrap());
  let object = MediaObject{path, index: index.clone()};
  let source = Arc::new(Source::file("hd".into(), index));
  let n = source.frames().len() as u64;
  let edit = Edit{clips: vec![Clip{label:"c".into(),source,mark_in:None,mark_out:None}]};
  let (plan,_) = conform(&edit,&Options{can_splice:true,..Options::default()}).unwrap();
  let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
  for (fmt,w,h,sound) in [(PixelFormat::Rgba,960,540,Sound::Clock),(PixelFormat::I420,960,540,Sound::Device),(PixelFormat::Jpeg,640,360,Sound::Device)] {
    let p = Preview::new(PreviewOptions{cache_bytes:256<<20,sound}).unwrap();
    p.show(PictureBox{format:fmt,width:w,height:h});
    p.load(Arc::new(plan.clone()),Arc::new(One(object.clone())),1,0);
    let mut rx = p.frames();
    let wait = |rx: &mut tokio::sync::watch::Receiver<Option<Arc<PreviewFrame>>>, f: &dyn Fn(&PreviewFrame)->bool| { rt.block_on(async { tokio::time::timeout(Duration::from_secs(30), rx.wait_for(|x| x.as_ref().is_some_and(|x| f(x)))).await.unwrap().unwrap().clone().unwrap() }) };
    let t=Instant::now(); wait(&mut rx,&|f| f.frame==0); println!("{fmt:?} {w}x{h} first {:?}", t.elapsed());
    let mut r=1u64; let mut cold=vec![]; let mut stand=vec![]; let mut hot=vec![];
    for _ in 0..25 { r=r.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); let f=(r>>33)%n;
      let t=Instant::now(); p.seek(f); wait(&mut rx,&|x| x.frame==f&&x.exact); cold.push(t.elapsed().as_millis());
      rt.block_on(async { tokio::time::sleep(Duration::from_millis(150)).await });
      let t=Instant::now(); p.seek(f.saturating_sub(3)); wait(&mut rx,&|x| x.frame==f.saturating_sub(3)&&x.exact); hot.push(t.elapsed().as_millis()); }
    for _ in 0..25 { r=r.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); let f=(r>>33)%n;
      let seq = rx.borrow().as_ref().unwrap().seq;
      let t=Instant::now(); p.scrub(f); wait(&mut rx,&|x| x.seq!=seq); stand.push(t.elapsed().as_millis()); wait(&mut rx,&|x| x.frame==f&&x.exact);}
    cold.sort(); stand.sort(); hot.sort();
    println!("  seek median {} p95 {} ms; near {} {}; first picture of a scrub {} {}", cold[12],cold[23],hot[12],hot[23],stand[12],stand[23]);
    // continuous drag
    let seq = rx.borrow().as_ref().unwrap().seq; let t=Instant::now(); let mut k=0;
    while t.elapsed()<Duration::from_secs(2) { k+=1; p.scrub((k*37)%n); rt.block_on(async { tokio::time::sleep(Duration::from_millis(16)).await }); }
    println!("  drag: {} pictures in 2 s", rx.borrow().as_ref().unwrap().seq-seq);
    p.seek(0); wait(&mut rx,&|x| x.frame==0&&x.exact); rt.block_on(async { tokio::time::sleep(Duration::from_millis(500)).await });
    let c=cpu(); rt.block_on(async { tokio::time::sleep(Duration::from_secs(2)).await }); println!("  idle cpu {:.2} s in 2 s", cpu()-c);
    for rate in [1,-1,4,8,-8] {
      p.seek(n/2); wait(&mut rx,&|x| x.frame==n/2&&x.exact);
      let c=cpu(); let seq = rx.borrow().as_ref().unwrap().seq; p.play(rate); let t=Instant::now(); rt.block_on(async { tokio::time::sleep(Duration::from_secs(5)).await });
      let s=p.status().borrow().clone(); let fr=rx.borrow().as_ref().unwrap().clone(); p.pause();
      println!("  rate {rate}: at {} (want ~{}), {} pictures, dropped {}, fps {:?}, buffered {}, cpu {:.1} s in {:?} levels {:?} problem {:?}", fr.frame as i64-(n/2) as i64, rate*150, fr.seq-seq, s.dropped, s.shown_fps_tenths, s.buffered, cpu()-c, t.elapsed(), fr.levels, s.problem);
    }
    let rss=std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmRSS")).unwrap().to_owned();
    let t=Instant::now(); drop(p); println!("  {rss} drop {:?}", t.elapsed());
  }
}
