import ArgumentParser
import JSONTree
import Reports

/// Prints the manual page; `make install` keeps it.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the manual page, in roff.", shouldDisplay: false)

  func run() throws {
    try Failure.run {
      let description = try JSONTree(Array(Sallyport._dumpHelp().utf8))
      guard let command = description.root["command"] else { return }
      var page = ManualPage(command)
      try Output.write(page.text())
    }
  }
}

/// Writes what the argument parser knows of all commands as a man(7) page.
struct ManualPage {
  private let command: JSONValue
  private var lines: [String] = []

  init(_ command: JSONValue) { self.command = command }

  mutating func text() -> String {
    lines = [".TH SALLYPORT 1 \"\" \"\(Program.name)\" \"User Commands\"", ".SH NAME"]
    lines.append("sallyport \\- \(escaped(command["abstract"]?.string ?? ""))")
    lines += [".SH SYNOPSIS", ".B sallyport", "\\fIcommand\\fR [\\fIoptions\\fR]"]
    lines.append(".SH DESCRIPTION")
    paragraphs(command["discussion"]?.string ?? "")
    lines.append(".SH COMMANDS")
    for sub in list(command["subcommands"]) { add(sub, path: "sallyport") }
    lines += [
      ".SH ENVIRONMENT", ".TP", ".B SALLYPORT_DB", "The database, where --db is not given.",
      ".TP", ".B NO_COLOR", "Where set, no colours are used.",
      ".TP", ".B SALLYPORT_LOG", "debug or info: tells on standard error what an import does.",
      ".TP", ".B COLUMNS",
      "Width of tables that go to a file or pipe.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func add(_ command: JSONValue, path: String) {
    guard let name = command["commandName"]?.string, name != "help",
      command["shouldDisplay"]?.bool ?? true
    else { return }
    let title = "\(path) \(name)"
    lines.append(".SS \(escaped(title))")
    lines.append(escaped(command["abstract"]?.string ?? ""))
    if let discussion = command["discussion"]?.string { paragraphs(discussion) }
    for argument in list(command["arguments"])
    where argument["shouldDisplay"]?.bool ?? true {
      add(argument)
    }
    for sub in list(command["subcommands"]) { add(sub, path: title) }
  }

  private mutating func add(_ argument: JSONValue) {
    let value = argument["valueName"]?.string ?? "value"
    var heads: [String] = []
    for name in list(argument["names"]) {
      let dashes = name["kind"]?.string == "long" ? "--" : "-"
      heads.append("\\fB\(escaped(dashes + (name["name"]?.string ?? "")))\\fR")
    }
    if heads.contains(where: { $0.contains("help") }) { return }
    let kind = argument["kind"]?.string
    var head = heads.joined(separator: ", ")
    if kind == "positional" { head = "\\fI\(escaped(value))\\fR" }
    if kind == "option" { head += " \\fI\(escaped(value))\\fR" }
    lines += [".TP", head, escaped(argument["abstract"]?.string ?? "")]
  }

  private mutating func paragraphs(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        lines.append(".PP")
      } else if line.hasPrefix("  ") {
        lines += [".br", "\\ \\ " + escaped(String(line.drop { $0 == " " }))]
      } else {
        lines.append(escaped(String(line)))
      }
    }
  }

  private func list(_ value: JSONValue?) -> [JSONValue] { value.map { Array($0.elements) } ?? [] }

  /// Backslashes and hyphens are roff's own; a line that starts with a dot or quote is a request.
  private func escaped(_ text: String) -> String {
    let plain = PlainText.safe(text).replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
