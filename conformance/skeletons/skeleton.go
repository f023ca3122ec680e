// SPDX-License-Identifier: CC0-1.0

// An adapter to copy: a reader in Go on the pipe of PROTOCOL.md. Fill in judge().
package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
)

const hello = `{"name":"my reader","version":"0","protocol":1,"roles":["reader"],
	"formats":["linux.region_info"],"tells":["need"],"scripts":false}`

const (
	accept, reject, needMore, skip, failed = 0, 1, 2, 3, 4

	notTold = 0xffffffff
)

// judge returns verdict, offset of the fault, size to come back with, and a text: the dump as JSON
// of what is accepted, the rule of what is not, the reason of a skip.
func judge(format string, big, producer bool, index uint32, input []byte) (byte, uint32, uint32, string) {
	if format != "linux.region_info" {
		return skip, notTold, notTold, "a format that is not read"
	}
	if len(input) < 32 { // struct vfio_region_info without any capability
		return needMore, notTold, 32, ""
	}
	return skip, notTold, notTold, "not written yet"
}

func send(payload string) {
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	os.Stdout.WriteString(string(length) + payload)
}

func main() {
	in := bufio.NewReader(os.Stdin)
	var length uint32
	for binary.Read(in, binary.LittleEndian, &length) == nil {
		frame := make([]byte, length)
		if _, err := io.ReadFull(in, frame); err != nil || frame[0] == 'E' {
			return
		}
		if frame[0] == 'H' && frame[1] != 1 {
			os.Exit(1) // another version of the protocol
		}
		if frame[0] == 'H' {
			send("H" + hello)
			continue
		}
		start, index := 12+int(frame[11]), binary.LittleEndian.Uint32(frame[7:])
		verdict, at, need, text := judge(string(frame[12:start]), frame[5] == 1, frame[6] == 1, index, frame[start:])
		head := append([]byte{'A'}, frame[1:5]...)
		head = binary.LittleEndian.AppendUint32(append(head, verdict), at)
		send(string(binary.LittleEndian.AppendUint32(head, need)) + text)
	}
}
