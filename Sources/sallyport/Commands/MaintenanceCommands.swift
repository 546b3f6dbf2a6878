import ArgumentParser
import Audit
import Inventory
import Reports

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the database: its file, its log, and a sample of its verdicts.",
    discussion: """
      Checks SQLite's own structure, all references, the digests of rules and policies, and the \
      chained log of imports, audits, waivers and list changes, and that the tables hold what the \
      log vouches for; then judges a sample of recorded states anew and works out a sample of rule \
      histories again. What nothing in the file vouches for is named as unchecked: when an \
      unchanged export was seen again, when a verdict was worked out, the numbers of rules in lists, \
      and the search index. Whoever can rewrite the file can rewrite its whole log: keep the printed seal elsewhere: given with --seal later, it proves that the log \
      up to it was not rewritten. Exit status 1 where something does not hold.
      """)

  @Option(help: ArgumentHelp("Recorded states to judge anew.", valueName: "number"))
  var sample = 50

  @Flag(help: "Judge all recorded states anew.")
  var all = false

  @Option(help: "Decides which states are sampled.")
  var seed: UInt64 = 1

  @Option(help: "A seal noted earlier.")
  var seal: String?

  @OptionGroup var database: DatabaseOptions

  func run() throws {
    try Failure.run {
      let inventory = try database.forReading()
      var integrity = try inventory.checkIntegrity()
      if let seal, try !inventory.hasSeal(seal) {
        integrity.problems.append("the log has no entry with the seal \(seal)")
      }
      let verification = HistoryVerification(
        inventory: inventory, library: try CatalogueLibrary(of: inventory))
      let outcome = try verification.run(sample: all ? nil : sample, seed: seed, now: Clock.now)
      let problems = integrity.problems + outcome.problems
      for problem in problems { Terminal.say("sallyport: \(problem)") }
      try Output.write(Self.text(integrity, outcome, problems: problems.count, seed: seed))
      throw ExitCode(problems.isEmpty ? 0 : 1)
    }
  }
}

extension VerifyCommand {
  /// What was checked, how much of it, what was not, and what came out.
  private static func text(
    _ integrity: IntegrityReport, _ outcome: HistoryVerification.Outcome, problems: Int,
    seed: UInt64
  ) -> String {
    let rows = integrity.rows.map { "\($0.count) of \($0.what)" }.joined(separator: ", ")
    var unchecked = integrity.unchecked
    if outcome.states < outcome.allStates {
      unchecked.append("\(outcome.allStates - outcome.states) recorded states (--all judges them)")
    }
    if outcome.otherStates > 0 {
      unchecked.append(
        "\(outcome.otherStates) states judged by another version of the program or not up to date")
    }
    if outcome.devices < outcome.allDevices {
      unchecked.append("\(outcome.allDevices - outcome.devices) rule histories (--all)")
    }
    let result: String
    if problems > 0 {
      result = "\(problems) problems"
    } else if outcome.verdicts == 0 {
      result = "the log and the tables hold; no verdict was judged anew"
    } else if outcome.states < outcome.allStates || outcome.devices < outcome.allDevices {
      result = "what was checked holds"
    } else {
      result = "everything holds but what was not checked"
    }
    let span = integrity.firstEventAt.flatMap { first in
      integrity.newestEventAt.map { ", \(first) to \($0)" }
    }
    return """
      log       \(integrity.events) entries\(span ?? ""), newest seal \(integrity.seal)
      tables    rows: \(rows)
      verdicts  \(outcome.verdicts) judged anew, in \(outcome.states) of \(outcome.allStates) states (seed \(seed))
      rules     histories of \(outcome.devices) of \(outcome.allDevices) devices worked out anew
      unchecked \(unchecked.joined(separator: "\n          "))
      result    \(result)

      """
  }
}

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy the database while others go on working with it.")

  @Argument(help: ArgumentHelp("The copy, which must not exist yet.", valueName: "file"))
  var target: String

  @OptionGroup var database: DatabaseOptions

  func run() throws {
    try Failure.run {
      try database.forReading().backUp(to: target)
      Terminal.say("copied to \(target)")
    }
  }
}

struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Drop the rules of states that ended long ago; verdicts keep their whole history.",
    discussion: """
      What was in force at the date, and everything since, stays in full. Of older states stay the \
      list of snapshots, all verdicts and findings with their causes, waivers and the log; their \
      rules and objects go, and they can no longer be judged anew.
      """)

  @Option(help: ArgumentHelp("Keep everything since this day.", valueName: "date"))
  var before: String

  @Flag(help: "Say what would be dropped, and drop nothing.")
  var dryRun = false

  @OptionGroup var database: DatabaseOptions

  func run() throws {
    try Failure.run {
      guard Database.exists(database.path) else { throw Database.missing(database.path) }
      guard let moment = try MomentArgument.parse(before) else { return }
      let report = try database.forWriting().prune(before: moment, now: Clock.now, isDryRun: dryRun)
      let verb = dryRun ? "would be dropped" : "dropped"
      try Output.write(
        """
        \(verb): \(report.policies) policies, \(report.contents) versions of rules and objects \
        (\(report.bytes / 1024) KiB), \(report.ruleVersions) entries of the rule history
        kept: snapshots list, verdicts, findings, waivers, log; all rules since \(moment)

        """)
    }
  }
}
