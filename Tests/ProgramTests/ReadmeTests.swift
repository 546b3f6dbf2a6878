import Foundation
import TestSupport
import Testing

/// The README promises nothing that the program does not do.
@Suite struct ReadmeTests {
  private static func readme() throws -> String {
    try String(
      contentsOf: Repository.root.appendingPathComponent("README.md"), encoding: .utf8)
  }

  /// The commands of the tour, in their order: lines of shell blocks that start with `sallyport`.
  private static func commands(in text: String) -> [String] {
    var commands: [String] = []
    var inBlock = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        inBlock = line == "```sh"
      } else if inBlock, line.hasPrefix("sallyport ") {
        commands.append(String(line))
      }
    }
    return commands
  }

  @Test func tourRunsAsWritten() throws {
    let session = try Session()
    _ = try session.demo()
    let text = try Self.readme()
    let start = try #require(text.range(of: "\n## Five minutes\n"))
    let end = try #require(text[start.upperBound...].range(of: "\n## "))
    let commands = Self.commands(in: String(text[start.upperBound..<end.lowerBound]))
    #expect(commands.count >= 12)
    // The tour is written for somebody who stands in the demonstration's folder.
    for command in commands {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", "sallyport() { \"\(session.runner.path)\" \"$@\"; }; \(command)",
      ]
      process.currentDirectoryURL = URL(fileURLWithPath: session.folder.path("demo"))
      var environment = ProcessInfo.processInfo.environment
      environment["SALLYPORT_DB"] = "demo.db"
      process.environment = environment
      process.standardInput = FileHandle.nullDevice
      let pipe = Pipe()
      process.standardOutput = FileHandle.nullDevice
      process.standardError = pipe
      try process.run()
      let errors = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(
        [0, 1, 2].contains(process.terminationStatus),
        "\(command): \(process.terminationStatus) \(String(decoding: errors, as: UTF8.self))")
    }
  }

  @Test func everyFormatIsListed() throws {
    let session = try Session()
    let formats = try session.run("formats", "--format", "csv")
    let ids = formats.out.split(whereSeparator: \.isNewline).dropFirst().compactMap {
      $0.split(separator: ",").first.map(String.init)
    }
    #expect(ids.count >= 4)
    let text = try Self.readme()
    for id in ids { #expect(text.contains("| `\(id)` |"), "README lists no `\(id)`") }
  }

  /// Every public view has a heading of its own in the documentation of the SQL contract.
  @Test func everyViewAndRecipeIsDocumented() throws {
    let session = try Session()
    let database = try session.demo()
    let text = try Self.readme()
    let views = try session.run(
      "sql", "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1", "--format", "csv",
      "--db", database)
    let names = views.out.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
    #expect(names.count >= 9)
    for name in names { #expect(text.contains("`\(name)`"), "README has no view `\(name)`") }
    let recipes = try session.run("sql", "--list", "--format", "csv", "--db", database)
    let listed = recipes.out.split(whereSeparator: \.isNewline).dropFirst().compactMap {
      $0.split(separator: ",").first.map(String.init)
    }
    #expect(listed.count >= 20)
    for name in listed { #expect(text.contains("`\(name)`"), "README has no recipe `\(name)`") }
  }
}
