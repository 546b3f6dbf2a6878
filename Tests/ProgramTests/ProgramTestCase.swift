import Foundation
import TestSupport
import Testing

/// The executable under test, in a folder of its own.
struct Session {
  let runner: ProgramRunner
  let folder: TemporaryFolder

  init() throws {
    runner = try #require(ProgramRunner.standard, "build the executable first: swift build")
    folder = try TemporaryFolder()
  }

  /// Runs in the folder, so that `./sallyport.db` is there.
  @discardableResult
  func run(
    _ arguments: String..., environment: [String: String] = [:], stdin: String? = nil
  ) throws -> ProgramRunner.Outcome {
    let outcome = try runner.run(
      arguments, environment: environment, stdin: stdin, in: folder.url.path)
    #expect(!outcome.timedOut, "\(arguments) hung")
    // A signal would be a crash, whatever the input was.
    #expect(outcome.status < 128, "\(arguments) crashed: \(outcome.err)")
    #expect(outcome.status != 70, "\(arguments): our fault: \(outcome.err)")
    return outcome
  }

  /// The demonstration's sites, imported and audited; the database is `demo/demo.db`.
  func demo() throws -> String {
    let outcome = try run("demo", "demo")
    try #require(outcome.status == 0, "\(outcome.err)")
    return folder.path("demo/demo.db")
  }
}

/// Our own sample exports.
enum Samples {
  static func path(_ name: String) -> String {
    Repository.samples.appendingPathComponent(name).path
  }

  /// The inputs of every case with a name, by format.
  static func all(named name: String) throws -> [(format: String, inputs: [String])] {
    try Repository.folders(in: Repository.samples).compactMap { format in
      let folder = Repository.samples.appendingPathComponent("\(format)/\(name)")
      guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
      let inputs = try Repository.files(in: folder).filter { $0.hasPrefix("input") }
      return inputs.isEmpty
        ? nil : (format, inputs.map { folder.appendingPathComponent($0).path })
    }
  }
}
