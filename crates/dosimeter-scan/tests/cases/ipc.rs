use crate::kit::{Folder, batches, open, shown, table, text};
use crate::parquet::{EVERY_TYPE, every_type};
use arrow_array::{Array, Int64Array, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use dosimeter_scan::Values;
use std::sync::Arc;

fn batch() -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(every_type().into_iter().map(|(n, a)| (n, a, true))).unwrap()
}

fn encoded(batch: &RecordBatch, stream: bool, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut out = Vec::new();
    if stream {
        let mut writer = StreamWriter::try_new_with_options(&mut out, &batch.schema(), options).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer = FileWriter::try_new_with_options(&mut out, &batch.schema(), options).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    }
    out
}

const COMPRESSIONS: [Option<CompressionType>; 3] =
    [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)];

#[test]
fn every_type_has_its_shape() {
    let folder = Folder::new();
    for stream in [false, true] {
        for compression in COMPRESSIONS {
            let data = open(&folder.file("t.arrow", encoded(&batch(), stream, compression))).unwrap();
            let native = data.schema().into_iter().find(|f| f.name == "list").unwrap().native;
            assert_eq!(table(&data), EVERY_TYPE.replace("LIST", &native));
        }
    }
    let zipped = zstd::encode_all(&encoded(&batch(), true, None)[..], 1).unwrap();
    assert_eq!(batches(&open(&folder.file("t.arrows.zst", zipped)).unwrap()).unwrap().len(), 1);
}

#[test]
fn large_batches_are_cut_and_columns_projected() {
    let folder = Folder::new();
    let column = |from: i64| Arc::new(Int64Array::from_iter_values(from..from + 20_000)) as Arc<dyn Array>;
    let wide = RecordBatch::try_from_iter([("a", column(0)), ("b", column(5)), ("c", column(7))]).unwrap();
    let data = open(&folder.file("t.feather", encoded(&wide, false, None))).unwrap();
    let wanted = ["c".to_owned(), "a".to_owned()];
    let all: Vec<_> = data.read(&data.partitions()[0], Some(&wanted)).unwrap().map(Result::unwrap).collect();
    assert_eq!(all.iter().map(|b| b.rows).collect::<Vec<_>>(), [8192, 8192, 3616]);
    let Values::Integer(c) = &all[2].columns[0].values else { panic!() };
    assert_eq!((c[3615], &*all[2].columns[1].name), (20_006, "a"));
}

#[test]
fn cut_files_are_named() {
    let folder = Folder::new();
    for stream in [false, true] {
        let bytes = encoded(&batch(), stream, None);
        for cut in [7, 100, bytes.len() / 2, bytes.len() - 20] {
            let path = folder.file("t.arrow", &bytes[..cut]);
            let outcome = open(&path).and_then(|data| batches(&data));
            assert!(shown(outcome).starts_with("not a readable Arrow file ("), "{stream} {cut}");
        }
    }
    let _ = text(folder.0.path());
}

#[test]
fn flipped_bits_stay_inside() {
    let folder = Folder::new();
    for (stream, compression) in [(false, None), (true, None), (true, COMPRESSIONS[1]), (false, COMPRESSIONS[2])] {
        let bytes = encoded(&batch(), stream, compression);
        for at in (0..bytes.len()).step_by(31) {
            for bit in [0, 3, 7] {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                if let Ok(data) = open(&folder.file("flipped.arrow", bytes)) {
                    let _ = batches(&data);
                }
            }
        }
    }
}
