import Foundation
import TestSupport
import Testing

/// The program against an evaluator in another language; see `Tests/Judge`.
///
/// `SALLYPORT_JUDGE_POLICIES` sets how many policies are tried, `SALLYPORT_SEED` the first of them.
@Suite struct JudgeTests {
  @Test(.enabled(if: SchemaProgramTests.isAvailable)) func theJudgeAgrees() throws {
    let program = try #require(ProgramRunner.standard)
    let environment = ProcessInfo.processInfo.environment
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Repository.root.appendingPathComponent("Tests/Judge/judge.py").path, program.path,
      "--policies", environment["SALLYPORT_JUDGE_POLICIES"] ?? "60",
      "--seed", String(SeededRandom().seed),
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    #expect(process.terminationStatus == 0, "\(text)")
    print("judge: \(text.split(separator: "\n").last ?? "")")
  }
}
