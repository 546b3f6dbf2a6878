// How fast the engine is, after an export is parsed: policies of growing length against the whole
// built-in catalogue, on one core.
//
//     Tests/Performance/engine            builds for release and runs this

import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Foundation
import NetworkSets
import PolicyModel

/// Kilobytes of memory that the process holds now.
func residentKilobytes() -> Int {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
  else { return 0 }
  return Int(line.filter(\.isNumber)) ?? 0
}

/// The least processor time of several runs, in milliseconds; the engine uses one core.
func milliseconds(_ runs: Int = 5, _ body: () -> Void) -> Double {
  (0..<runs).map { _ in
    let start = clock()
    body()
    return Double(clock() - start) * 1000 / Double(CLOCKS_PER_SEC)
  }.min() ?? 0
}

func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(width - text.count, 0)) + text
}

let catalogue = try BuiltInCatalogues.all().first { $0.version.hasPrefix("2024-05-17") }
guard let catalogue else { exit(70) }
let requirements = catalogue.requirements.count
let client = Client(
  fromZone: "zone1", toZone: "zone9", networks: AddressSet(parsing: "10.1.0.0/16"))
print("\(catalogue.reference): \(requirements) requirements; processor time, best of five, in ms")
print("shape       rules  prepare    judge  M tests/s  KB/rule")
let chosen = CommandLine.arguments.dropFirst().compactMap { BenchmarkPolicy(rawValue: $0) }
for shape in chosen.isEmpty ? BenchmarkPolicy.allCases : chosen {
  for count in [1_250, 2_500, 5_000, 10_000, 20_000] {
    let policy = shape.make(rules: count)
    let before = residentKilobytes()
    var compiled = CompiledPolicy(policy)
    let held = residentKilobytes() - before
    let prepare = milliseconds(3) { compiled = CompiledPolicy(policy) }
    let path = NetworkPath(hops: [Hop(device: "fw", policy: compiled, client: client)])
    let judge = milliseconds {
      _ = Evaluation(path: path, catalogue: catalogue).run()
    }
    let speed = Double(count * requirements) / judge / 1e3
    print(
      column(shape.rawValue, 9) + column("\(count)", 8)
        + column(String(format: "%.1f", prepare), 9) + column(String(format: "%.1f", judge), 9)
        + column(String(format: "%.1f", speed), 11)
        + column(String(format: "%.2f", Double(held) / Double(count)), 9))
  }
}
