import CProcess
import Foundation

/// Runs a command in a process of its own and starts it again where it crashes.
///
/// An import reads files that anybody may have written. Should one of them end the process, the next
/// one knows from the journal which it was, reads it alone, and gives it up the second time; all
/// others are stored. The price is one more start of the program for an import of many exports.
enum Supervisor {
  /// Set in the process that does the work: the journal that it keeps.
  private static let key = "SALLYPORT_READING_JOURNAL"
  /// Starts at most: a crash, the suspect alone, and the rest; for a few bad files.
  private static let limit = 12

  /// The journal of this process, where it is the one that does the work; else nil.
  static var journal: String? { ProcessInfo.processInfo.environment[key] }

  /// Ends this process with the status of the one that did the work.
  ///
  /// - Parameter journal: where it notes what it reads.
  static func run(journal: String) throws -> Never {
    let executable = "/proc/self/exe"
    let named = try? FileManager.default.destinationOfSymbolicLink(atPath: executable)
    let path = named ?? executable
    var environment = ProcessInfo.processInfo.environment
    environment[key] = journal
    for _ in 0..<limit {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = Array(CommandLine.arguments.dropFirst())
      process.environment = environment
      do {
        try process.run()
      } catch {
        throw OutputError(path: path, reason: "the program cannot be started again")
      }
      process.waitUntilExit()
      guard process.terminationReason == .uncaughtSignal else { exit(process.terminationStatus) }
      Terminal.say(
        "sallyport: an export ended the import (signal \(process.terminationStatus)); going on "
          + "without it")
    }
    throw OutputError(path: path, reason: "the import crashed again and again")
  }

  /// Called in the process that does the work: it must not outlive the one that waits for it.
  static func followParent() { sallyport_die_with_parent() }
}
