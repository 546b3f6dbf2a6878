import Foundation
import TestSupport
import Testing

/// Every real export that is at hand goes through the program: an answer, or a reason that names
/// the file.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct FieldProgramTests {
  static func files() -> [String] {
    guard let root = Repository.fieldSamples,
      let names = FileManager.default.enumerator(atPath: root.path)
    else { return [] }
    return names.compactMap { $0 as? String }.filter { name in
      let url = root.appendingPathComponent(name)
      return ["xml", "json", "reg", "pol", "conf", "rules", "json-nft"].contains(url.pathExtension)
        && !name.hasPrefix("defender-docs") && !name.hasPrefix("o365")
    }.sorted()
  }

  @Test(arguments: files())
  func answerOrReason(_ name: String) throws {
    let session = try Session()
    let path = try #require(Repository.fieldSamples).appendingPathComponent(name).path
    let outcome = try session.run("check", path)
    #expect([0, 1, 2, 65].contains(outcome.status), "\(outcome.status): \(outcome.err)")
    if outcome.status == 65 {
      #expect(outcome.err.contains(path), "\(outcome.err)")
      #expect(outcome.out.isEmpty)
    } else {
      #expect(outcome.out.contains("of 41 required allowed"))
      for line in outcome.out.split(separator: "\n") where line.count > 80 {
        // Only a name that has no place to break may be wider than the terminal.
        #expect(!line.trimmingCharacters(in: .whitespaces).contains(" "), "\(line)")
      }
    }
  }
}
