import CLibXML2

/// Receives the parser's events and fills the arrays of a tree.
///
/// A value on the stack of the call that parses, found by the C callbacks through a pointer: a
/// class would pay the runtime's exclusivity check for each of several stores an event.
struct XMLCollector {
  private(set) var storage = XMLTree.Storage()
  private(set) var failure: XMLReadError?
  var context: xmlParserCtxtPtr?

  private let limits: XMLReader.Limits
  private let prunedNames: Set<String>
  /// Element names come from the parser's own dictionary, so equal names share one pointer.
  private var nameNumbers: [UnsafePointer<xmlChar>: (number: UInt32, pruned: Bool)] = [:]
  private var open: [Int] = []
  /// Character data of the open elements: a child's lies above its parent's and is gone at its end.
  private var pending: ContiguousArray<UInt8> = []
  /// Where in `pending` the data of each open element starts.
  private var pendingStarts: [Int] = []
  /// Depth below a pruned element; 0 outside of one.
  private var prunedDepth = 0

  init(limits: XMLReader.Limits, prunedNames: Set<String>) {
    self.limits = limits
    self.prunedNames = prunedNames
  }

  static func from(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<XMLCollector> {
    // The pointer is the one given to xmlCreateIOParserCtxt, and outlives the parse.
    pointer.unsafelyUnwrapped.assumingMemoryBound(to: XMLCollector.self)
  }

  var currentLine: Int {
    guard let input = context?.pointee.input else { return 0 }
    return Int(input.pointee.line)
  }

  mutating func start(
    _ name: UnsafePointer<xmlChar>?, attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?,
    count: Int
  ) {
    guard failure == nil, let name else { return }
    if prunedDepth > 0 {
      prunedDepth += 1
      if open.count + prunedDepth > limits.depth { stopTooDeep() }
      return
    }
    guard open.count < limits.depth else { return stopTooDeep() }
    guard storage.nodes.count < limits.elements else {
      return stop(.tooLarge, "more than \(limits.elements) elements")
    }
    let known = number(of: name)
    let index = storage.nodes.count
    let attributeStart = storage.attributes.count
    if let attributes { collect(attributes, count: count) }
    storage.nodes.append(
      XMLTree.Node(
        name: known.number, line: UInt32(clamping: currentLine), end: UInt32(index + 1),
        parent: UInt32(open.last ?? 0), textStart: 0, textLength: 0,
        attributeStart: UInt32(attributeStart),
        attributeCount: UInt16(clamping: storage.attributes.count - attributeStart),
        hasStrayText: false, wasPruned: known.pruned))
    if known.pruned {
      prunedDepth = 1
      return
    }
    open.append(index)
    pendingStarts.append(pending.count)
  }

  mutating func end() {
    guard failure == nil else { return }
    if prunedDepth > 0 {
      prunedDepth -= 1
      return
    }
    guard let index = open.popLast() else { return }
    let end = UInt32(storage.nodes.count)
    storage.nodes[index].end = end
    let start = pendingStarts.removeLast()
    if pending.count > start {
      var stop = pending.count
      while stop > start, Self.isBlank(pending[stop - 1]) { stop -= 1 }
      storage.nodes[index].textStart = UInt32(storage.text.count)
      storage.nodes[index].textLength = UInt32(stop - start)
      storage.nodes[index].hasStrayText = Int(end) > index + 1
      storage.text.append(contentsOf: pending[start..<stop])
      pending.removeLast(pending.count - start)
      if storage.text.count > limits.text {
        self.stop(.tooLarge, "more than \(limits.text) bytes of text")
      }
    }
  }

  mutating func characters(_ bytes: UnsafePointer<xmlChar>?, _ count: Int) {
    guard failure == nil, prunedDepth == 0, !open.isEmpty, let bytes else { return }
    var buffer = UnsafeBufferPointer(start: bytes, count: count)[...]
    let start = pendingStarts[pendingStarts.count - 1]
    if pending.count == start {
      // Leading white space is dropped here, so the indentation of a file costs no copying.
      buffer = buffer.drop(while: Self.isBlank)
      if buffer.isEmpty { return }
    }
    pending.append(contentsOf: buffer)
    if pending.count - start > limits.textOfOneElement {
      stop(.tooLarge, "more than \(limits.textOfOneElement) bytes of text in one element")
    }
  }

  mutating func fail(code: Int32, message: String, line: Int, column: Int) {
    guard failure == nil else { return }
    let encodingCodes = [
      XML_ERR_INVALID_ENCODING, XML_ERR_UNSUPPORTED_ENCODING, XML_ERR_UNKNOWN_ENCODING,
      XML_I18N_CONV_FAILED, XML_I18N_NO_HANDLER, XML_ERR_INVALID_CHAR,
    ].map { Int32($0.rawValue) }
    let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    let isEncoding = encodingCodes.contains(code) && !message.contains("Char 0x")
    failure = XMLReadError(
      isEncoding ? .encoding : (message.contains("depth") ? .tooDeep : .notWellFormed),
      text.prefix(1).lowercased() + text.dropFirst(), line: line, column: column)
    if let context { xmlStopParser(context) }
  }

  private mutating func stopTooDeep() {
    stop(.tooDeep, "elements nested more than \(limits.depth) deep")
  }

  private mutating func stop(_ code: XMLReadError.Code, _ reason: String) {
    guard failure == nil else { return }
    failure = XMLReadError(code, reason, line: currentLine)
    if let context { xmlStopParser(context) }
  }

  private mutating func number(of name: UnsafePointer<xmlChar>) -> (number: UInt32, pruned: Bool) {
    if let known = nameNumbers[name] { return known }
    let text = String(cString: name)
    let known = (storage.number(of: text), prunedNames.contains(text))
    nameNumbers[name] = known
    return known
  }

  /// libxml2 hands over five pointers an attribute: name, prefix, namespace, value, value end.
  private mutating func collect(
    _ pointers: UnsafeMutablePointer<UnsafePointer<xmlChar>?>, count: Int
  ) {
    for index in 0..<count {
      guard let name = pointers[index * 5], let value = pointers[index * 5 + 3],
        let end = pointers[index * 5 + 4]
      else { continue }
      let start = storage.text.count
      storage.text.append(contentsOf: UnsafeBufferPointer(start: value, count: end - value))
      storage.attributes.append(
        XMLTree.Attribute(
          name: number(of: name).number, start: UInt32(start), length: UInt32(end - value)))
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
  }
}
