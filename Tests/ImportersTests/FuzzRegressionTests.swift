import Foundation
import FuzzSupport
import TestSupport
import Testing

/// Every input that a fuzzer once found, for ever; see Tests/Fuzz/run.
@Suite struct FuzzRegressionTests {
  static let folder = Repository.root.appendingPathComponent("Tests/Fuzz/regressions")

  static func kept() throws -> [String] {
    try Repository.folders(in: folder).flatMap { family in
      try Repository.files(in: folder.appendingPathComponent(family)).map { "\(family)/\($0)" }
    }
  }

  @Test(arguments: try kept())
  func keptInputStaysMended(_ path: String) throws {
    try ImportTrial.run(try Repository.bytes(Self.folder.appendingPathComponent(path)))
  }

  /// The laws that the fuzzers check hold for our own samples.
  @Test(arguments: try SampleCase.all())
  func samplesKeepTheLaws(_ sample: SampleCase) throws {
    for file in try sample.inputs() { try ImportTrial.run(file.bytes) }
  }
}
