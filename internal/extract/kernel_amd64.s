//go:build amd64

#include "textflag.h"

DATA bytes<>+0(SB)/1, $0x22 // quote
DATA bytes<>+1(SB)/1, $0x5c // backslash
DATA bytes<>+2(SB)/1, $0x20 // the bit between [ ] and { }, and the first that is no control character
DATA bytes<>+3(SB)/1, $0x1f // the last control character
DATA bytes<>+4(SB)/1, $0x0a // line feed
DATA bytes<>+5(SB)/1, $0x0d // carriage return
GLOBL bytes<>(SB), RODATA|NOPTR, $6

// Which bracket has these lowest four bits.
DATA brackets<>+0(SB)/8, $0
DATA brackets<>+8(SB)/8, $0x00007d007b000000
GLOBL brackets<>(SB), RODATA|NOPTR, $16

DATA odd<>+0(SB)/8, $0xaaaaaaaaaaaaaaaa
GLOBL odd<>(SB), RODATA|NOPTR, $8

// func blocksAVX2(src *byte, n int, c *carry, quotes *byte, lines *uint64, flags *byte, places *uint32, base int) int
//
// Registers over the loop:
//	SI source  DX blocks left, below 0
//	DI quotes  R12 lines  R11 flags: their ends
//	R13 where the next place goes  R8 the place of the block
//	R9 carry.escaped (0 or 1)  R10 carry.inside (0 or all ones)
//	Y8 … Y10, Y12 … Y14 the bytes above, Y11 the brackets, X7 all ones
// In a block:
//	AX quotes  BX brackets  CX what lies in strings
TEXT ·blocksAVX2(SB), NOSPLIT, $8-72
	MOVQ src+0(FP), SI
	MOVQ n+8(FP), DX
	MOVQ c+16(FP), R8
	MOVQ quotes+24(FP), DI
	MOVQ lines+32(FP), R12
	MOVQ flags+40(FP), R11
	MOVQ places+48(FP), R13
	MOVQ 0(R8), R9
	MOVQ 8(R8), R10
	MOVQ base+56(FP), R8

	VPBROADCASTB   bytes<>+0(SB), Y8
	VPBROADCASTB   bytes<>+1(SB), Y9
	VPBROADCASTB   bytes<>+2(SB), Y10
	VBROADCASTI128 brackets<>(SB), Y11
	VPBROADCASTB   bytes<>+3(SB), Y12
	VPBROADCASTB   bytes<>+4(SB), Y13
	VPBROADCASTB   bytes<>+5(SB), Y14
	VPCMPEQB       X7, X7, X7

	LEAQ  (DI)(DX*8), DI
	LEAQ  (R12)(DX*8), R12
	ADDQ  DX, R11
	NEGQ  DX
	JZ    done

block:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	ADDQ    $64, SI

	// AX: quotes.
	VPCMPEQB  Y8, Y0, Y2
	VPCMPEQB  Y8, Y1, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, CX
	SHLQ      $32, CX
	ORQ       CX, AX

	// BX: brackets of both kinds. A byte is one if it is, but for the bit between
	// the kinds, the one that has its lowest four bits.
	VPOR      Y10, Y0, Y2
	VPOR      Y10, Y1, Y3
	VPSHUFB   Y0, Y11, Y4
	VPSHUFB   Y1, Y11, Y5
	VPCMPEQB  Y4, Y2, Y2
	VPCMPEQB  Y5, Y3, Y3
	VPMOVMSKB Y2, BX
	VPMOVMSKB Y3, CX
	SHLQ      $32, CX
	ORQ       CX, BX

	// Y2, Y3: backslashes; Y4: control characters and bytes above 0x7f, which are
	// below 0. Most blocks have neither, nor begin behind a backslash.
	VPCMPEQB  Y9, Y0, Y2
	VPCMPEQB  Y9, Y1, Y3
	VPMINSB   Y0, Y1, Y4
	VPCMPGTB  Y4, Y10, Y4
	VPOR      Y2, Y3, Y6
	VPOR      Y4, Y6, Y6
	VPMOVMSKB Y6, CX
	ORQ       R9, CX
	JNZ       special

#include "kernel_places_amd64.h"

special:
	VPMAXUB  Y12, Y0, Y4
	VPMAXUB  Y12, Y1, Y5
	VPCMPEQB Y12, Y4, Y4
	VPCMPEQB Y12, Y5, Y5           // Y4, Y5: control characters

	// The way from here takes R8 for itself, and gives it back at its end. R14
	// and X15 are the runtime's only between functions of Go.
	MOVQ      R8, kept-8(SP)
	VPMOVMSKB Y2, CX
	VPMOVMSKB Y3, R8
	SHLQ      $32, R8
	ORQ       R8, CX               // CX: backslashes
	VPMOVMSKB Y4, R14
	VPMOVMSKB Y5, R8
	SHLQ      $32, R8
	ORQ       R8, R14              // R14: control characters

	// Line ends.
	XORQ      R8, R8
	TESTQ     R14, R14
	JZ        lines
	VPCMPEQB  Y13, Y0, Y2
	VPCMPEQB  Y14, Y0, Y4
	VPOR      Y2, Y4, Y2
	VPCMPEQB  Y13, Y1, Y3
	VPCMPEQB  Y14, Y1, Y5
	VPOR      Y3, Y5, Y3
	VPMOVMSKB Y2, R15
	VPMOVMSKB Y3, R8
	SHLQ      $32, R8
	ORQ       R15, R8

lines:
	MOVQ R8, (R12)(DX*8)

#include "kernel_escapes_amd64.h"
	VPOR       Y0, Y1, Y0
	VPMOVMSKB  Y0, R8              // R8: what is no ASCII
#include "kernel_flags_amd64.h"
