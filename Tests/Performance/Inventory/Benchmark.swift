import Audit
import CatalogueReaders
import Foundation
import Inventory

/// Measures the inventory against its goals and prints what it finds.
///
///     swift build -c release --product InventoryBenchmark
///     .build/release/InventoryBenchmark daily | fleet | judge | history | verdicts | recipes [FOLDER]
///
/// `fleet` and `history` make the databases that `recipes` asks; they stay in the folder.
/// `history` judges all of it at its end, which takes long; killed before, `verdicts` writes
/// verdicts instead. `judge` judges the sites of `fleet` once more and records nothing.
@main
struct Benchmark {
  static func main() throws {
    Allocator.keepsFreedMemory()
    let arguments = CommandLine.arguments.dropFirst()
    let folder = arguments.dropFirst().first ?? "/tmp/sallyport-benchmark"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    switch arguments.first {
    case "daily": try DailyBenchmark(folder: folder).run()
    case "fleet": try FleetBenchmark(folder: folder).run()
    case "judge": try FleetBenchmark(folder: folder).judge()
    case "history": try HistoryBenchmark(folder: folder).run()
    case "verdicts": try VerdictBenchmark(folder: folder).run()
    case "recipes": try RecipeBenchmark(folder: folder).run()
    default:
      print("InventoryBenchmark daily | fleet | judge | history | verdicts | recipes [FOLDER]")
      exit(64)
    }
  }
}

/// What the benchmarks share.
enum Measure {
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let duration = start.duration(to: .now)
    return Double(duration.components.seconds)
      + Double(duration.components.attoseconds) / 1e18
  }

  /// Processor time of the program so far.
  static var processorSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// The most memory that the program had, in MiB.
  static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  static func megabytes(_ path: String) -> String {
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    return (Double(size) / 1_048_576).formatted(.number.precision(.fractionLength(2))) + " MiB"
  }

  static func text(_ value: Double, _ digits: Int = 1) -> String {
    value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
  }

  /// Median, ninth tenth and maximum, in milliseconds.
  static func spread(_ seconds: [Double]) -> String {
    let sorted = seconds.sorted()
    guard let last = sorted.last else { return "-" }
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    return "mean \(text(mean * 1000)), median \(text(sorted[sorted.count / 2] * 1000)), "
      + "p90 \(text(sorted[sorted.count * 9 / 10] * 1000)), max \(text(last * 1000)) ms"
  }

  static func remove(_ path: String) {
    for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
  }

  static func open(_ path: String) throws -> (InventoryDatabase, CatalogueLibrary) {
    let inventory = try InventoryDatabase(path: path, access: .write)
    let lists = try BuiltInCatalogues.all()
    try inventory.add(lists, builtIn: true, now: day(0))
    return (inventory, CatalogueLibrary(lists))
  }

  /// A moment, counted from the first of January 2025.
  static func day(_ number: Int) -> String {
    let start = Date(timeIntervalSince1970: 1_735_704_000)
    return Moment.text(start.addingTimeInterval(Double(number) * 86400))
  }
}
