import Foundation
import Inventory
import Schema

/// Every recipe on the databases of `history` and `fleet`: the best and the worst of three runs.
struct RecipeBenchmark {
  let folder: String

  private static let values: [String: ReadOnlyQuery.Value] = [
    "site": .text("site-1500"), "at": .text("2025-07-01T00:00:00Z"),
    "since": .text("2025-12-01T00:00:00Z"), "until": .text("2026-01-01T00:00:00Z"),
    "endpoint": .text("*.wdcp.microsoft.com"), "catalogue": .text("defender-antivirus"),
    "old": .text("2024-05-17"), "new": .text("2023-06-26"), "words": .text("defender"),
  ]

  func run() throws {
    for name in ["year.db", "fleet.db"] {
      let path = "\(folder)/\(name)"
      if FileManager.default.fileExists(atPath: path) { try ask(path) }
    }
  }

  private func ask(_ path: String) throws {
    print("recipes on \(path), \(Measure.megabytes(path))")
    var slow = 0
    for recipe in Recipe.all {
      let parameters = Self.values.filter { name, _ in
        recipe.sql.range(of: ":\(name)\\b", options: .regularExpression) != nil
      }
      var times: [Double] = []
      var rows = 0
      for _ in 0..<3 {
        times.append(
          try Measure.seconds {
            rows = try ReadOnlyQuery(path: path).run(recipe.sql, parameters: parameters).rows.count
          })
      }
      let best = times.min() ?? 0
      if best > 0.2 { slow += 1 }
      let mark = best > 0.2 ? "!" : " "
      print(
        "\(mark) \(recipe.name.padding(toLength: 22, withPad: " ", startingAt: 0))"
          + " best \(Measure.text(best * 1000)) ms, worst \(Measure.text((times.max() ?? 0) * 1000))"
          + " ms, \(rows) rows")
    }
    print(
      "\(slow) of \(Recipe.all.count) recipes over 200 ms; peak memory \(Measure.peakMemory) MiB")
  }
}
